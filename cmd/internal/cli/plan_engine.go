package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
	"tandem/plans/steps"
	"tandem/replicate"
)

// planWork is what the verbs that run plans work with: both databases, the
// tables by group, the copies of the journal.
type planWork struct {
	*app
	cfg    *config.Config
	links  replicate.Config
	sides  map[ownership.Side]runner.Database
	away   map[ownership.Side]error // sides that could not be reached
	all    []*schema.Table          // nil if no side could be asked
	tables map[string][]schema.Name
	copies []journal.Named
	file   string // the journal on this machine
}

// planConns is how many connections to a side a runner needs at most: the lock,
// the fence, the marker, and gates that ask at the same time.
const planConns = 12

// planWork connects to both sides. With alone one of them may be away.
func (a *app) planWork(ctx context.Context, cfg *config.Config, journalFile string, alone bool) (_ *planWork, err error) {
	w := &planWork{app: a, cfg: cfg, sides: map[ownership.Side]runner.Database{}, away: map[ownership.Side]error{}}
	if w.links, err = linkConfig(cfg, a.clouds); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.file = journalFile
	if w.file == "" {
		w.file = filepath.Join(filepath.Dir(cfg.File()), ".tandem", "journal", cfg.Migration+".jsonl")
	}
	for _, s := range []struct {
		side ownership.Side
		e    mysqldb.Endpoint
	}{{ownership.Source, w.links.Source}, {ownership.Target, w.links.Target}} {
		db, err := mysqldb.Open(ctx, s.e, mysqldb.Options{MaxConns: planConns})
		if err != nil {
			if !alone || ctx.Err() != nil {
				return nil, err
			}
			w.away[s.side] = err
			continue
		}
		db.SetMaxIdleConns(planConns)
		w.sides[s.side] = runner.Database{DB: db, Endpoint: s.e}
		table := journal.NewTable(db, runner.CopyName(s.side), cfg.Migration)
		if err := table.Create(ctx); err != nil {
			return nil, err
		}
		w.copies = append(w.copies, journal.Named{Name: runner.CopyName(s.side), Store: table})
	}
	// The last one: see package journal.
	w.copies = append(w.copies, journal.Named{Name: w.file, Store: journal.NewFile(w.file)})
	if len(w.sides) == 0 {
		return nil, errors.Join(w.away[ownership.Source], w.away[ownership.Target])
	}
	return w, w.catalog(ctx)
}

// openWork reads tandem.yaml and connects, for verbs that are given the
// migration's name, or nothing.
func (a *app) openWork(ctx context.Context, confirm, journalFile string, alone bool) (*planWork, error) {
	cfg, err := a.load()
	if err != nil {
		return nil, err
	}
	if confirm != "" && confirm != cfg.Migration {
		return nil, usageError(fmt.Errorf("--confirm: this migration is called %s, not %s", cfg.Migration, confirm))
	}
	return a.planWork(ctx, cfg, journalFile, alone)
}

// catalog reads the tables, from the source if it can be reached.
func (w *planWork) catalog(ctx context.Context) error {
	side := ownership.Source
	if _, there := w.sides[side]; !there {
		side = ownership.Target
	}
	filter := w.cfg.Tables.Filter()
	list, err := catalog.Load(ctx, w.sides[side].DB, func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) })
	if err != nil {
		return fmt.Errorf("look at the %s's tables: %w", side, err)
	}
	w.all = append([]*schema.Table{}, list...)
	w.tables = map[string][]schema.Name{}
	for group, members := range plans.NewMembership(w.cfg.Groups, w.all).Groups {
		for _, t := range members {
			w.tables[group] = append(w.tables[group], t.Name)
		}
	}
	return nil
}

func (w *planWork) close() {
	for _, d := range w.sides {
		_ = d.DB.Close() // everything was committed, or is to be forgotten
	}
}

// runnerConfig is how a runner is made of it.
func (w *planWork) runnerConfig(takeOver bool, screen *planScreen) runner.Config {
	host, _ := os.Hostname() // unknown is empty
	cfg := runner.Config{
		Migration: w.cfg.Migration, Sides: w.sides, Tables: w.tables, Copies: w.copies,
		Make: steps.Make, Links: newPlanLinks(w.links), Parity: &planParity{planWork: w},
		Clouds: planClouds{w.clouds, w.cfg}, Retention: binlogs{w.clouds, w.cfg, w.links},
		Log: w.logFrom(screen.level()), Now: time.Now, LookupEnv: w.LookupEnv, Tell: screen.show,
		Who: whoAmI(host), Host: host, Process: os.Getpid(), TakeOver: takeOver,
	}
	if w.TuneRun != nil {
		w.TuneRun(&cfg)
	}
	return cfg
}

// whoAmI names the person at the keyboard, as well as the system knows.
func whoAmI(host string) string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return name + "@" + host
}

// open takes the lease and the journal.
func (w *planWork) open(ctx context.Context, takeOver bool, screen *planScreen) (*runner.Runner, error) {
	return runner.Open(ctx, w.runnerConfig(takeOver, screen))
}

// history reads the journal without the lease, for those who only look.
func (w *planWork) history(ctx context.Context) ([]runner.Past, error) {
	copies := make([]journal.Copy, len(w.copies))
	for i, c := range w.copies {
		chain, err := c.Store.Read(ctx)
		copies[i] = journal.Copy{Name: c.Name, Chain: chain, Err: err}
	}
	merged, err := journal.Merge(copies...)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return runner.Pasts(merged.Chain), nil
}
