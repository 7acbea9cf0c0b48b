package throttle

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/change"
)

// Config is what a Throttle works with.
type Config struct {
	// Link names the row that commits are timed with.
	Link   string
	Source *sql.DB
	Target *sql.DB
	// Applied tells how far the stream is.
	Applied func() change.GTIDSet
	Limits  Limits
	// Every is how often a sample is measured (1 s), Patience how long an answer is
	// waited for (5 s).
	Every    time.Duration
	Patience time.Duration
	Logger   *slog.Logger
}

// Limits are what samples are held against. A limit that is not positive turns
// its sample off.
type Limits struct {
	CommitLatency  time.Duration
	ThreadsRunning int64
	SourceHistory  int64
	TargetHistory  int64
	StreamLag      time.Duration
	ReplicaLag     Query
	Query          Query
}

// Query is a query whose first value is a number. An empty one is off.
type Query struct {
	SQL string
	// OnSource runs it on the source; it is run on the target otherwise.
	OnSource bool
	Above    float64
}

// Throttle watches both servers. Its zero value is of no use; see [New].
type Throttle struct {
	cfg      Config
	samplers []*sampler

	mu sync.Mutex // guards what samplers have found, and reason
	// reason is the name of the sample that was last said to pause the copy.
	reason string
}

// Tables are the statements that create what the throttle keeps on the target.
var Tables = [...]string{
	`CREATE TABLE IF NOT EXISTS _tandem.throttle (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  n bigint unsigned NOT NULL,
  PRIMARY KEY (link)
) ENGINE=InnoDB`,
}

// New returns a throttle that has measured nothing yet.
func New(cfg Config) *Throttle {
	if cfg.Every <= 0 {
		cfg.Every = time.Second
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 5 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Throttle{cfg: cfg, samplers: samplers(&cfg)}
}

// Run measures until ctx ends, which is no error. The samples are independent: a
// server that does not answer holds up its own.
func (t *Throttle) Run(ctx context.Context) error {
	var g errgroup.Group
	for _, s := range t.samplers {
		g.Go(func() error { t.watch(ctx, s); return nil })
	}
	return g.Wait()
}

// Reason says why copying should pause just now, or nothing. It never waits for
// a server.
func (t *Throttle) Reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.over(); s != nil {
		return s.say()
	}
	return ""
}

// over returns the first sample that is over its limit, or nil. t.mu is held.
func (t *Throttle) over() *sampler {
	for _, s := range t.samplers {
		if s.gate.over {
			return s
		}
	}
	return nil
}

// Sample is what is known of one measure.
type Sample struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Over  bool    `json:"over"`
	// Problem says why it can not be measured.
	Problem string `json:"problem,omitempty"`
}

// Samples returns what was measured last. Those that are turned off are left out.
func (t *Throttle) Samples() []Sample {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Sample, 0, len(t.samplers))
	for _, s := range t.samplers {
		out = append(out, Sample{Name: s.name, Value: s.value, Limit: s.gate.limit, Over: s.gate.over, Problem: s.problem})
	}
	return out
}

// watch measures one sample again and again.
func (t *Throttle) watch(ctx context.Context, s *sampler) {
	tick := time.NewTicker(t.cfg.Every)
	defer tick.Stop()
	for {
		value, err := s.bounded(ctx, t.cfg.Patience)
		if ctx.Err() != nil {
			return
		}
		if goOn := t.note(s, value, err); !goOn {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// note takes over what was measured, and logs what has changed. It tells whether
// to go on.
func (t *Throttle) note(s *sampler, value float64, err error) (goOn bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	goOn = true
	if err != nil {
		s.gate.clear()
		problem := err.Error()
		if off, reason := needless(err); off {
			goOn, problem = false, reason
		}
		if s.problem != problem {
			t.cfg.Logger.Warn("throttle can not be measured", "sample", s.name, "goes_on", goOn, "error", problem)
		}
		s.problem = problem
	} else {
		if s.problem != "" {
			t.cfg.Logger.Info("throttle can be measured again", "sample", s.name)
		}
		s.value, s.problem = value, ""
		s.gate.add(value)
	}
	t.tell()
	return goOn
}

// tell logs the reason when it is another one. t.mu is held.
func (t *Throttle) tell() {
	now := ""
	s := t.over()
	if s != nil {
		now = s.name
	}
	switch {
	case now == t.reason:
		return
	case now == "":
		t.cfg.Logger.Info("copy goes on")
	default:
		t.cfg.Logger.Warn("copy pauses", "sample", s.name, "reason", s.say())
	}
	t.reason = now
}
