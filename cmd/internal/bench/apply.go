package bench

import (
	"context"
	"errors"
	"fmt"

	"tandem/internal/change"
	"tandem/internal/sandbox"
)

// backlog is what is to be drained, and from where.
type backlog struct {
	// stopped are the source after the load, and a target from before it.
	stopped    pair
	from, goal change.GTIDSet
}

// applyRace loads a source once and lets everybody drain it.
func (l *lab) applyRace(ctx context.Context, s shape) (_ Race, err error) {
	race := Race{Name: s.name, Title: s.title, Kind: "apply"}
	source, err := l.source(ctx, false)
	if err != nil {
		return race, err
	}
	b := backlog{stopped: pair{source: source}}
	defer func() { err = errors.Join(err, b.stopped.close(ctx)) }()
	l.say("%s: filling the tables", s.name)
	if err := l.seed(ctx, source, s); err != nil {
		return race, err
	}
	if b.stopped.target, err = l.base(ctx, source); err != nil {
		return race, err
	}
	if b.from, err = executed(ctx, source); err != nil {
		return race, err
	}
	before, err := binlogBytes(source)
	if err != nil {
		return race, err
	}
	l.say("%s: running %d transactions on the source", s.name, s.transactions(l.opts.Transactions))
	done, err := l.load(ctx, source, s)
	if err != nil {
		return race, err
	}
	after, err := binlogBytes(source)
	if err != nil {
		return race, err
	}
	race.Transactions, race.Rows, race.Bytes = done.transactions, done.rows, after-before
	if b.goal, err = executed(ctx, source); err != nil {
		return race, err
	}
	if err := source.Stop(ctx); err != nil {
		return race, err
	}
	return race, l.rounds(ctx, &race, l.applyContenders(b))
}

// base makes a target that has the first rows of the source, by tandem, and
// stops it: what every contender starts from.
func (l *lab) base(ctx context.Context, source *sandbox.Server) (_ *sandbox.Server, err error) {
	target, err := l.target(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, target.Close(context.WithoutCancel(ctx)))
		}
	}()
	if _, err := l.catchUp(ctx, source, target); err != nil {
		return nil, fmt.Errorf("copy the first rows: %w", err)
	}
	return target, target.Stop(ctx)
}

func (l *lab) applyContenders(b backlog) []contender {
	drain := func(args []string, prepare func(context.Context, pair) error, run func(context.Context, pair) (Measure, error)) func(context.Context) (Measure, error) {
		return func(ctx context.Context) (_ Measure, err error) {
			p, err := l.restorePair(ctx, b.stopped, false, args)
			if err != nil {
				return Measure{}, err
			}
			defer func() { err = errors.Join(err, p.close(ctx)) }()
			if err := prepare(ctx, p); err != nil {
				return Measure{}, err
			}
			if err := l.settle(ctx, p.target); err != nil {
				return Measure{}, err
			}
			m, err := run(ctx, p)
			if err != nil {
				return m, err
			}
			return m, judge(ctx, p.source, p.target, &m)
		}
	}
	list := []contender{{name: contenderTandem, run: drain(nil,
		func(context.Context, pair) error { return nil },
		func(ctx context.Context, p pair) (Measure, error) { return l.drainTandem(ctx, p, b.goal) })}}
	for _, n := range natives() {
		list = append(list, contender{name: n.name, run: drain(n.args(),
			func(ctx context.Context, p pair) error { return n.prepare(ctx, p, b.from) },
			func(ctx context.Context, p pair) (Measure, error) { return n.drain(ctx, p, b.goal) })})
	}
	return list
}
