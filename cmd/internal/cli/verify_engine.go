package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/cmd/internal/render"
	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/internal/wire"
	"tandem/replicate"
	"tandem/verify"
	"tandem/verify/schemadiff"
)

// verifier is what tandem verify needs of the packages that do the work.
type verifier interface {
	// link looks at the links.
	link(ctx context.Context, cfg replicate.Config) (linkState, error)
	rows(ctx context.Context, cfg verify.Config) (*verify.Report, error)
	since(ctx context.Context, cfg verify.Config, logs verify.Logs, from change.GTIDSet) (*verify.Report, error)
	touched(ctx context.Context, cfg verify.Config, logs verify.Logs) (*verify.Report, error)
	watch(ctx context.Context, cfg verify.Config, logs verify.Logs, each func(*verify.Report)) error
	definitions(ctx context.Context, cfg verify.Config, c schemadiff.Config) (*render.SchemaReport, error)
	// pending tells whether the side that a link writes lacks changes of the other.
	pending(ctx context.Context, link replicate.Config, changes verify.Changes) (bool, error)
	// marked tells whether a side has tandem's state.
	marked(ctx context.Context, e mysqldb.Endpoint) (bool, error)
	// targetOwns tells which tables the target owns.
	targetOwns(ctx context.Context, cfg verify.Config) (func(schema.Name) bool, error)
	repair(ctx context.Context, cfg verify.Config, d verify.Direction, r *verify.Report) (verify.RepairCount, error)
}

// linkState is what verify must know of the forward link.
type linkState struct {
	// link and reverse are nil if none runs.
	link, reverse verify.Link
	close         func()
	// preparing is set before there is anything to compare.
	preparing bool
	// copying are the tables whose copy is not done, with its state.
	copying map[string]string
	// behind is how many transactions a target without a running link lacks.
	behind int64
}

// verifyEngine is the verifier over the real packages.
type verifyEngine struct{}

func (verifyEngine) rows(ctx context.Context, cfg verify.Config) (*verify.Report, error) {
	return verify.Run(ctx, cfg)
}

func (verifyEngine) since(ctx context.Context, cfg verify.Config, logs verify.Logs, from change.GTIDSet) (*verify.Report, error) {
	return verify.Since(ctx, cfg, logs, from)
}

func (verifyEngine) touched(ctx context.Context, cfg verify.Config, logs verify.Logs) (*verify.Report, error) {
	return verify.TouchedSince(ctx, cfg, logs)
}

func (verifyEngine) watch(ctx context.Context, cfg verify.Config, logs verify.Logs, each func(*verify.Report)) error {
	return verify.Watch(ctx, cfg, logs, each)
}

func (verifyEngine) repair(ctx context.Context, cfg verify.Config, d verify.Direction, r *verify.Report) (verify.RepairCount, error) {
	return verify.Repair(ctx, cfg, d, r)
}

func (verifyEngine) pending(ctx context.Context, links replicate.Config, changes verify.Changes) (found bool, err error) {
	var sets [2]change.GTIDSet
	for i, e := range []mysqldb.Endpoint{links.Target, links.Source} {
		db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 1})
		if err != nil {
			return false, err
		}
		if i == 0 {
			sets[i], err = replicate.Position(ctx, db, links.Name())
		} else {
			sets[i], err = mysqldb.Executed(ctx, db)
		}
		if err := errors.Join(err, db.Close()); err != nil {
			return false, err
		}
	}
	// One row is enough.
	errFound := errors.New("found")
	err = changes.Keys(ctx, sets[0], sets[1], func(schema.Name, chunk.Key) error { return errFound })
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

func (verifyEngine) marked(ctx context.Context, e mysqldb.Endpoint) (bool, error) {
	conn, err := wire.Connect(ctx, e, wire.Session{ReadOnly: true})
	if err != nil {
		return false, err
	}
	defer conn.Close()
	return verify.HasState(ctx, conn)
}

func (verifyEngine) link(ctx context.Context, cfg replicate.Config) (linkState, error) {
	state := linkState{close: func() {}, copying: map[string]string{}}
	st, err := replicate.ReadStatus(ctx, cfg)
	if err != nil {
		return state, err
	}
	for _, t := range st.Copy.Tables {
		// A table that waits for its snapshot, is being copied, or has failed.
		if t.State != "done" {
			state.copying[t.Name] = t.State
		}
	}
	if !st.Daemon.Running {
		state.behind = st.Lag.Transactions
		return state, nil
	}
	state.preparing = st.State == replicate.Preparing || st.Applied.GTID == ""
	dbs, err := openSides(ctx, verify.Config{Source: cfg.Source, Target: cfg.Target})
	if err != nil {
		closeSides(dbs)
		return state, err
	}
	state.close = func() { closeSides(dbs) }
	state.link, state.reverse = linksOf(cfg, dbs)
	return state, nil
}

// linksOf returns both links as they are known on the sides that they write.
func linksOf(cfg replicate.Config, dbs [2]*sql.DB) (forward, reverse verify.Link) {
	opposite := cfg.Opposite()
	return checkpoint{dbs[1], cfg.Name()}, checkpoint{dbs[0], opposite.Name()}
}

// checkpoint is a link as it is known on the side that it writes.
type checkpoint struct {
	db   *sql.DB
	link string
}

// Applied returns every transaction of the side that it reads which the other has.
func (c checkpoint) Applied(ctx context.Context) (change.GTIDSet, error) {
	return replicate.Position(ctx, c.db, c.link)
}

func (verifyEngine) targetOwns(ctx context.Context, cfg verify.Config) (func(schema.Name) bool, error) {
	dbs, err := openSides(ctx, cfg)
	defer closeSides(dbs)
	if err != nil {
		return nil, err
	}
	return targetOwns(ctx, cfg.Logger, dbs, cfg.Migration, cfg.Group)
}

// openSides opens both sides, and leaves those that it could open to closeSides.
func openSides(ctx context.Context, cfg verify.Config) (dbs [2]*sql.DB, err error) {
	g, opening := errgroup.WithContext(ctx)
	for i, e := range []mysqldb.Endpoint{cfg.Source, cfg.Target} {
		g.Go(func() (err error) {
			dbs[i], err = mysqldb.Open(opening, e, mysqldb.Options{MaxConns: 2})
			return err
		})
	}
	err = g.Wait()
	return dbs, err
}

func closeSides(dbs [2]*sql.DB) {
	for _, db := range dbs {
		if db != nil {
			_ = db.Close() // nothing is lost with a connection that was only read from
		}
	}
}

func (verifyEngine) definitions(ctx context.Context, cfg verify.Config, c schemadiff.Config) (*render.SchemaReport, error) {
	r := &render.SchemaReport{Migration: cfg.Migration, Started: time.Now().UTC(), Linked: c.Linked}
	dbs, err := openSides(ctx, cfg)
	defer closeSides(dbs)
	if err != nil {
		return nil, err
	}
	c.Source, c.Target = dbs[0], dbs[1]
	if c.TargetOwns, err = targetOwns(ctx, cfg.Logger, dbs, cfg.Migration, cfg.Group); err != nil {
		return nil, err
	}
	findings, err := schemadiff.Run(ctx, c)
	if err != nil {
		return nil, err
	}
	r.Findings = findings
	for i, side := range []*verify.Side{&r.Source, &r.Target} {
		facts, err := mysqldb.LoadFacts(ctx, dbs[i])
		if err != nil {
			return nil, fmt.Errorf("ask a server about itself: %w", err)
		}
		e := []mysqldb.Endpoint{cfg.Source, cfg.Target}[i]
		*side = verify.Side{Endpoint: e.Addr, Version: facts.Version.Text, UUID: facts.ServerUUID, Position: facts.GTIDExecuted.String()}
	}
	r.Ended = time.Now().UTC()
	r.Settle()
	return r, nil
}
