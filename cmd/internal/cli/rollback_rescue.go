package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/plans/runner"
	"tandem/plans/steps"
	"tandem/replicate"
)

// secondLook is how long a side that can not be reached is tried again before it
// is taken for dead.
const secondLook = 8 * time.Second

// rescue takes over from a side that can not be reached.
func (w *planWork) rescue(ctx context.Context, r *runner.Runner, o rollbackOptions) error {
	dead := ownership.Source
	if _, away := w.away[ownership.Target]; away {
		dead = ownership.Target
	}
	way, err := r.RescueWay(ctx, runner.Choice{Stage: o.stage, All: o.all}, dead)
	if errors.Is(err, runner.ErrNothing) {
		return errors.Join(err, w.away[dead])
	}
	if err != nil {
		return err
	}
	w.say("the %s can not be reached: %v", dead, w.away[dead])
	w.say("looking again, for %s", secondLook)
	if w.reachable(ctx, dead) {
		return withHint(fmt.Errorf("the %s can be reached again, and nothing was done", dead), "tandem rollback, once more")
	}
	loss, err := w.loss(ctx, dead)
	if err != nil {
		return err
	}
	w.showLoss(way, loss)
	question := fmt.Sprintf("the %s takes over without the %s", way.To, dead)
	if o.without != string(dead) {
		ok, err := ui.NewPrompter(w.Stdin, w.err, w.flags.noInput).Confirm(question, "without "+string(dead))
		if errors.Is(err, ui.ErrNoInput) {
			return usageError(withHint(err, "give --without="+string(dead)+", if that side is dead for certain"))
		}
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was done")
		}
	}
	return w.outcome(r, r.TakeFrom(ctx, way, loss, steps.Seize))
}

// reachable tries a side again for a while.
func (w *planWork) reachable(ctx context.Context, side ownership.Side) bool {
	e := w.links.Source
	if side == ownership.Target {
		e = w.links.Target
	}
	ctx, cancel := context.WithTimeout(ctx, secondLook)
	defer cancel()
	for {
		db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 1, ConnectTimeout: 3 * time.Second})
		if err == nil {
			_ = db.Close() // nothing was asked
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Second):
		}
	}
}

// loss works out what the dead side has not sent back: what the link has last
// seen there, without what it has applied here.
func (w *planWork) loss(ctx context.Context, dead ownership.Side) (runner.Loss, error) {
	l := runner.Loss{Side: dead, Beyond: "what it has committed after that is unknown until it returns"}
	cfg := w.links
	if dead == ownership.Target {
		cfg = cfg.Opposite()
	}
	applied, err := replicate.Position(ctx, w.sides[dead.Opposite()].DB, cfg.Name())
	if err != nil {
		return l, fmt.Errorf("read how far the %s has come back: %w", dead, err)
	}
	l.Through = applied.String()
	st, err := replicate.ReadStatus(ctx, cfg)
	if err != nil {
		return l, err
	}
	executed, err := change.ParseGTIDSet(st.Source.Executed)
	if err != nil {
		return l, err
	}
	missing := executed.Subtract(applied)
	l.GTIDs, l.Transactions = missing.String(), missing.Count()
	seen := st.At
	if !st.Daemon.Seen.IsZero() {
		seen = st.Daemon.Seen
	}
	if st.Source.Executed == "" {
		l.Beyond = "the link has never said what was committed there: nothing is known beyond what has come back"
	} else {
		l.Beyond = fmt.Sprintf("the link looked there last at %s; what was committed after that is unknown until the %s returns", seen.Format(time.TimeOnly+"Z"), dead)
	}
	return l, nil
}

func (w *planWork) showLoss(way *runner.Way, l runner.Loss) {
	w.showStages(way)
	w.say("  the %s is dead. Of what was committed there:", l.Side)
	w.say("    has come back      %s", shortGTIDs(l.Through))
	if l.Transactions == 0 {
		w.say("    has not come back  nothing that is known of")
	} else {
		w.say("    has not come back  %s: %s", amount(l.Transactions, "transaction"), shortGTIDs(l.GTIDs))
		w.say("    of which tables    not known: only the %s's log can tell", l.Side)
	}
	w.say("    beyond             %s", l.Beyond)
	w.say("  When the %s returns, tandem closes it first; what had not come back is kept in _tandem.breach with its rows,", l.Side)
	w.say("  and _tandem.reconcile says what to look at.")
}

func shortGTIDs(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most] + "…"
	}
	if text == "" {
		return "nothing"
	}
	return text
}
