package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate/applier"
)

// requireInvariants looks at a pair on which nothing happens any more and whose
// target has caught up. The application's last transaction is in executed.
func (m *migration) requireInvariants(executed change.GTIDSet) {
	m.t.Helper()
	// I1: the same rows, byte for byte.
	sandboxtest.RequireEqual(m.t, m.pair, courier.Database, torture)
	// I2, I3, I4 and what else the sample data promises: the bank's sum, the
	// ledger without a key, codes that two lockers must not hold.
	if err := courier.Check(m.t.Context(), sandboxtest.RootDB(m.t, m.pair.Target, courier.Database)); err != nil {
		m.t.Errorf("on the target: %v", err)
	}
	// I6: what the checkpoint says is applied, neither more nor less. Behind the
	// application's last transaction the source has only tandem's own.
	checkpoint, err := applier.LoadCheckpoint(m.t.Context(), root(m.t, m.pair.Target), m.link())
	if err != nil {
		m.t.Fatal(err)
	}
	if !checkpoint.Position.ContainsSet(executed) || checkpoint.Unfinished != nil {
		m.t.Errorf("the checkpoint says %s (unfinished: %v), the source has executed %s", checkpoint.Position, checkpoint.Unfinished, executed)
	}
	if now := position(m.t, m.pair.Source); !now.ContainsSet(checkpoint.Position) {
		m.t.Errorf("the checkpoint says %s, the source has executed only %s", checkpoint.Position, now)
	}
	// Nothing was passed over, and (I10) nothing of the forward link was taken
	// for a change of somebody else's by the reverse one.
	m.requireNone(m.pair.Target, "conflict")
	m.requireNone(m.pair.Source, "breach")
}

// requireNone makes sure that one of tandem's tables has no rows.
func (m *migration) requireNone(server *sandbox.Server, table string) {
	m.t.Helper()
	var n int
	err := sandboxtest.RootDB(m.t, server, "").QueryRowContext(m.t.Context(), "SELECT COUNT(*) FROM _tandem."+table).Scan(&n)
	if err != nil {
		m.t.Fatal(err)
	}
	if n != 0 {
		m.t.Errorf("the %s server has %d rows in _tandem.%s", server.Name(), n, table)
	}
}

// applied is the position that the checkpoint holds.
func (m *migration) applied() change.GTIDSet {
	m.t.Helper()
	checkpoint, err := applier.LoadCheckpoint(m.t.Context(), root(m.t, m.pair.Target), m.link())
	if err != nil {
		m.t.Fatal(err)
	}
	return checkpoint.Position
}

// root is the pool of a server's own: what is asked again and again must not have
// one for each time.
func root(t testing.TB, server *sandbox.Server) *sql.DB {
	t.Helper()
	db, err := server.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func position(t testing.TB, server *sandbox.Server) change.GTIDSet {
	t.Helper()
	set, err := mysqldb.Executed(t.Context(), root(t, server))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// watcher reads the checkpoint while things break. I5: it never shrinks, and
// holds nothing that the source has not executed.
type watcher struct {
	m      *migration
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu    sync.Mutex
	looks int
	wrong []string
}

func (m *migration) watch() *watcher {
	ctx, cancel := context.WithCancel(m.t.Context())
	w := &watcher{m: m, cancel: cancel}
	m.t.Cleanup(func() { cancel(); w.wait.Wait() })
	w.wait.Go(func() { w.run(ctx) })
	return w
}

func (w *watcher) run(ctx context.Context) {
	var last change.GTIDSet
	for ctx.Err() == nil {
		pause(ctx, 100*time.Millisecond)
		c, executed, err := w.look(ctx)
		if err != nil {
			continue // a server is down, or the migration has not begun
		}
		w.mu.Lock()
		w.looks++
		if !executed.ContainsSet(c.Position) {
			w.wrong = append(w.wrong, fmt.Sprintf("the checkpoint holds %s, which the source has not executed", c.Position.Subtract(executed)))
		}
		if !c.Position.ContainsSet(last) {
			w.wrong = append(w.wrong, fmt.Sprintf("the checkpoint has lost %s", last.Subtract(c.Position)))
		}
		last = c.Position
		w.mu.Unlock()
	}
}

// look reads the checkpoint first: the source may only have more by then.
func (w *watcher) look(ctx context.Context) (applier.Checkpoint, change.GTIDSet, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var c applier.Checkpoint
	var executed change.GTIDSet
	target, err := open(w.m.pair.Target)
	if err != nil {
		return c, executed, err
	}
	defer target.Close()
	source, err := open(w.m.pair.Source)
	if err != nil {
		return c, executed, err
	}
	defer source.Close()
	if c, err = applier.LoadCheckpoint(ctx, target, w.m.link()); err != nil {
		return c, executed, err
	}
	// A transaction is in the source's log, and may be applied, a moment before
	// it counts as executed there.
	for {
		executed, err = mysqldb.Executed(ctx, source)
		if err != nil || executed.ContainsSet(c.Position) {
			return c, executed, err
		}
		pause(ctx, 50*time.Millisecond)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return c, executed, nil
		}
	}
}

func open(server *sandbox.Server) (*sql.DB, error) {
	return sql.Open("mysql", server.RootConfig().FormatDSN())
}

// stop ends the watch and fails the test with what was wrong.
func (w *watcher) stop() {
	w.m.t.Helper()
	w.cancel()
	w.wait.Wait()
	for _, wrong := range w.wrong {
		w.m.t.Error(wrong)
	}
	if w.looks == 0 {
		w.m.t.Error(errors.New("the checkpoint was never seen"))
	}
}
