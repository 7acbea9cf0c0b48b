package rehearsal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
	"golang.org/x/sync/errgroup"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/bank"
	"tandem/internal/sandbox/courier"
)

// Options say which applications write.
type Options struct {
	// Banks are the groups that get a bank, with the database that it is in.
	Banks map[string]string
	// Writers are the connections of each bank, TPS its rate (0: as fast as
	// possible), Accounts its size.
	Writers, Accounts int
	TPS               float64
	// Courier is the database of the courier application; empty for none.
	Courier    string
	CourierTPS float64
	Seed       uint64
}

// Load is the applications of a rehearsal.
type Load struct {
	opts  Options
	banks map[string]*bank.Bank
	shop  *follower
	pools []*sql.DB
	dbs   map[string][2]*sql.DB // of each bank

	cancel context.CancelFunc
	group  *errgroup.Group
	ended  chan struct{}
	err    error
}

// CreateBanks makes the banks' databases on the source.
func CreateBanks(ctx context.Context, pair *sandbox.Pair, o Options) error {
	root, err := pair.Source.RootDB()
	if err != nil {
		return err
	}
	for _, database := range o.Banks {
		if _, err := root.ExecContext(ctx, "CREATE DATABASE `"+database+"`"); err != nil {
			return fmt.Errorf("make the bank's database: %w", err)
		}
		config := pair.Source.RootConfig()
		config.DBName = database
		db, err := open(config)
		if err != nil {
			return err
		}
		if err := errors.Join(bank.Create(ctx, db, o.Accounts), db.Close()); err != nil {
			return err
		}
	}
	return nil
}

// NewLoad connects the applications; nothing is written yet. The banks must have
// been made.
func NewLoad(pair *sandbox.Pair, o Options) (_ *Load, err error) {
	l := &Load{opts: o, banks: map[string]*bank.Bank{}, dbs: map[string][2]*sql.DB{}}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	for group, database := range o.Banks {
		dbs, err := l.connect(pair, database)
		if err != nil {
			return nil, err
		}
		l.dbs[group] = dbs
		sides := [2]bank.Side{{Name: string(sandbox.Source), DB: dbs[0]}, {Name: string(sandbox.Target), DB: dbs[1]}}
		if l.banks[group], err = bank.New(bank.Options{Sides: sides, Accounts: o.Accounts, Writers: o.Writers, TPS: o.TPS, Seed: o.Seed}); err != nil {
			return nil, err
		}
	}
	if o.Courier != "" {
		dbs, err := l.connect(pair, o.Courier)
		if err != nil {
			return nil, err
		}
		l.shop = &follower{dbs: dbs, opts: courier.LoadOptions{TPS: o.CourierTPS, Seed: int64(o.Seed), Workers: 4}}
	}
	return l, nil
}

func (l *Load) connect(pair *sandbox.Pair, database string) (dbs [2]*sql.DB, err error) {
	for i, server := range []*sandbox.Server{pair.Source, pair.Target} {
		config := server.Config(sandbox.UserScala, database)
		config.InterpolateParams = true
		if dbs[i], err = open(config); err != nil {
			return dbs, err
		}
		l.pools = append(l.pools, dbs[i])
	}
	return dbs, nil
}

func open(config *mysql.Config) (*sql.DB, error) {
	config.Logger = &mysql.NopLogger{} // what it has to say comes back as errors, too
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(16)
	return db, nil
}

// Start begins to write, until Stop or the end of ctx. The context that it returns
// ends when an application has failed.
func (l *Load) Start(ctx context.Context) context.Context {
	ctx, l.cancel = context.WithCancel(ctx)
	failed, fail := context.WithCancelCause(context.WithoutCancel(ctx))
	l.group = &errgroup.Group{}
	run := func(do func(context.Context) error) {
		l.group.Go(func() error {
			err := do(ctx)
			if err != nil {
				fail(err)
			}
			return err
		})
	}
	for _, b := range l.banks {
		run(b.Run)
	}
	if l.shop != nil {
		run(l.shop.run)
	}
	l.ended = make(chan struct{})
	go func() {
		l.err = l.group.Wait()
		close(l.ended)
	}()
	return failed
}

// Stop ends the applications in order, and says whether one has failed.
func (l *Load) Stop() error {
	if l.ended == nil {
		l.close()
		return nil
	}
	l.cancel()
	<-l.ended
	return l.err
}

// Close closes their connections. Check needs them.
func (l *Load) Close() { l.close() }

func (l *Load) close() {
	for _, db := range l.pools {
		_ = db.Close() // everything was committed, or is to be forgotten
	}
}

// Total is what all banks have done, and the courier's shops.
func (l *Load) Total() (transactions, shop int64) {
	for _, b := range l.banks {
		n, _ := b.Total()
		transactions += n
	}
	if l.shop != nil {
		shop = l.shop.committed.Load()
	}
	return transactions, shop
}

// Courier is what the courier's shops have done; call it when Stop has returned.
func (l *Load) Courier() courier.LoadStats {
	if l.shop == nil {
		return courier.LoadStats{}
	}
	l.shop.mu.Lock()
	defer l.shop.mu.Unlock()
	return l.shop.all
}

// Mark lets every bank count anew, and returns what they counted.
func (l *Load) Mark() map[string]bank.Stats {
	out := map[string]bank.Stats{}
	for group, b := range l.banks {
		out[group] = b.Mark()
	}
	return out
}

// Ran is what a handover says about itself.
type Ran struct {
	Waited float64
	Steps  []Step
	// Undone says why it was undone.
	Undone string
}

// Watch measures what do does, which hands over the groups to a side.
func (l *Load) Watch(ctx context.Context, round int, stage, to string, groups []string, do func(context.Context) (Ran, error)) (Handover, error) {
	w := l.Begin(round, stage, to, groups)
	ran, err := do(ctx)
	if err != nil {
		return w.h, err
	}
	return w.End(ctx, ran)
}

// Watching is a handover that is looked at.
type Watching struct {
	h     Handover
	banks map[string]*bank.Bank
	began time.Time
}

// Begin begins to look at a handover. Without a load there is nothing to see but
// what tandem says itself.
func (l *Load) Begin(round int, stage, to string, groups []string) *Watching {
	w := &Watching{h: Handover{Round: round, Stage: stage, To: to, Errors: map[bank.Class]int64{}}, banks: map[string]*bank.Bank{}, began: time.Now()}
	for _, g := range groups {
		if l == nil {
			break
		}
		if b := l.banks[g]; b != nil {
			w.banks[g] = b
			b.Mark()
		}
	}
	return w
}

// End says what was seen. It waits until the applications write on the new side.
func (w *Watching) End(ctx context.Context, ran Ran) (Handover, error) {
	h := w.h
	h.Seconds, h.Waited, h.Steps, h.Undone = time.Since(w.began).Seconds(), ran.Waited, ran.Steps, ran.Undone
	for group, b := range w.banks {
		if h.Undone == "" {
			pause, err := awaitPause(ctx, b, h.To)
			if err != nil {
				return h, fmt.Errorf("stage %s, group %s: %w", h.Stage, group, err)
			}
			h.Pause = max(h.Pause, pause.Seconds())
		}
		s := b.Since()
		h.Failed += s.Failed()
		for class, n := range s.Errors {
			h.Errors[class] += n
		}
	}
	return h, nil
}

// awaitPause waits for the first commit on the new side: the applications find
// it by themselves.
func awaitPause(ctx context.Context, b *bank.Bank, to string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if pause, ok := b.Pause(to); ok {
			return pause, nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("no application writes on the %s: %w", to, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// Check counts the rows of every bank on both sides. Nothing may be in flight.
func (l *Load) Check(ctx context.Context) (bank.Verdict, error) {
	var sum bank.Verdict
	for group, b := range l.banks {
		for i, side := range []string{string(sandbox.Source), string(sandbox.Target)} {
			v, err := b.Check(ctx, l.dbs[group][i])
			if err != nil {
				return sum, fmt.Errorf("count the rows of group %s on the %s: %w", group, side, err)
			}
			sum.Rows += v.Rows
			sum.Lost += v.Lost
			sum.Duplicated += v.Duplicated
			sum.Misplaced += v.Misplaced
			sum.Foreign += v.Foreign
			sum.Wrong += v.Wrong
			sum.Off += v.Off
			sum.Doubts += v.Doubts
			for _, text := range v.Examples {
				sum.Examples = append(sum.Examples, "on the "+side+": "+text)
			}
		}
	}
	sum.Rows /= 2 // both sides have them
	return sum, nil
}
