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
// target has caught up.
func (m *migration) requireInvariants() {
	m.t.Helper()
	// I1: the same rows, byte for byte.
	sandboxtest.RequireEqual(m.t, m.pair, courier.Database, torture)
	// I2, I3, I4 and what else the sample data promises: the bank's sum, the
	// ledger without a key, codes that two lockers must not hold.
	if err := courier.Check(m.t.Context(), sandboxtest.RootDB(m.t, m.pair.Target, courier.Database)); err != nil {
		m.t.Errorf("on the target: %v", err)
	}
	// I6: what the checkpoint says is applied, neither more nor less.
	executed := position(m.t, m.pair.Source)
	checkpoint, err := applier.LoadCheckpoint(m.t.Context(), sandboxtest.RootDB(m.t, m.pair.Target, ""), m.link())
	if err != nil {
		m.t.Fatal(err)
	}
	if !checkpoint.Position.Equal(executed) || checkpoint.Unfinished != nil {
		m.t.Errorf("the checkpoint says %s (unfinished: %v), the source has executed %s", checkpoint.Position, checkpoint.Unfinished, executed)
	}
	// Nothing was passed over: conflicts would have stopped the link, and left a
	// row.
	var conflicts int
	if err := sandboxtest.RootDB(m.t, m.pair.Target, "").QueryRowContext(m.t.Context(), "SELECT COUNT(*) FROM _tandem.conflict").Scan(&conflicts); err != nil {
		m.t.Fatal(err)
	}
	if conflicts != 0 {
		m.t.Errorf("%d conflicts are recorded on the target", conflicts)
	}
}

func position(t testing.TB, server *sandbox.Server) change.GTIDSet {
	t.Helper()
	set, err := mysqldb.Executed(t.Context(), sandboxtest.RootDB(t, server, ""))
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
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
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
	executed, err = mysqldb.Executed(ctx, source)
	return c, executed, err
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
