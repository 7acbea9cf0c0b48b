package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"tandem/internal/schema"
	"tandem/plans/runner"
	"tandem/replicate"
)

// planLinks tells steps how the links stand. Several gates ask at the same time,
// again and again, so an answer holds for a moment.
type planLinks struct {
	cfg replicate.Config

	mu   sync.Mutex
	last map[runner.Direction]linkReading
}

type linkReading struct {
	state runner.LinkState
	err   error
	at    time.Time
}

// linkFresh is how long an answer holds. Links say how they stand about once a
// second.
const linkFresh = 300 * time.Millisecond

func newPlanLinks(cfg replicate.Config) *planLinks {
	return &planLinks{cfg: cfg, last: map[runner.Direction]linkReading{}}
}

// State implements [runner.Links].
func (l *planLinks) State(ctx context.Context, d runner.Direction) (runner.LinkState, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r, ok := l.last[d]; ok && time.Since(r.at) < linkFresh {
		return r.state, r.err
	}
	cfg := l.cfg
	if d == runner.Reverse {
		cfg = cfg.Opposite()
	}
	st, err := replicate.ReadStatus(ctx, cfg)
	r := linkReading{state: linkStateOf(st), err: err, at: time.Now()}
	if ctx.Err() == nil {
		l.last[d] = r
	}
	return r.state, r.err
}

func linkStateOf(st replicate.Status) runner.LinkState {
	s := runner.LinkState{
		Running: st.Daemon.Running, State: string(st.State),
		Streaming: st.State == replicate.Streaming || st.State == replicate.CaughtUp,
		Lag:       time.Duration(st.Lag.Seconds * float64(time.Second)), LagKnown: st.Applied.GTID != "",
		Behind: st.Lag.Transactions, Conflicts: st.Conflicts, Breaches: st.Breaches,
		Copying: map[schema.Name]string{}, Error: st.Error, At: st.At,
	}
	for _, t := range st.Copy.Tables {
		if t.State != "done" {
			s.Copying[nameOf(t.Name)] = t.State
		}
	}
	return s
}

// nameOf reads a name as the status has it.
func nameOf(text string) schema.Name {
	database, table, found := strings.Cut(text, ".")
	if !found {
		return schema.Name{Table: text}
	}
	return schema.Name{Schema: database, Table: table}
}

// sayLink says how a link stands, in a few words.
func sayLink(d runner.Direction, s runner.LinkState) string {
	switch {
	case !s.Running:
		return fmt.Sprintf("the %s link does not run (%s)", d, s.State)
	case s.Error != "":
		return fmt.Sprintf("the %s link is %s: %s", d, s.State, s.Error)
	}
	return fmt.Sprintf("the %s link is %s, %s behind", d, s.State, s.Lag.Round(10*time.Millisecond))
}
