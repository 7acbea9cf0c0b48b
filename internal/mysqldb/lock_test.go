package mysqldb_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"tandem/internal/fault"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox/sandboxtest"
)

func TestAdvisoryLock(t *testing.T) {
	t.Parallel()
	for name, p := range both(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openAs(t, p.Source, mysqldb.Options{})
			lockName := p.Database + strings.Repeat("-long", 20)
			first, err := mysqldb.AcquireLock(t.Context(), db, lockName, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := first.Check(t.Context()); err != nil {
				t.Error(err)
			}
			_, err = mysqldb.AcquireLock(t.Context(), openAs(t, p.Source, mysqldb.Options{}), lockName, 0)
			var held *mysqldb.LockHeldError
			if !errors.As(err, &held) || held.Connection == 0 || !strings.HasPrefix(held.Holder, "tandem@") {
				t.Fatalf("second: %v", err)
			}
			if !strings.Contains(held.Hint(), "KILL "+itoa(int(held.Connection))) {
				t.Errorf("hint %q", held.Hint())
			}

			// Whoever runs Run learns of the loss.
			lost := make(chan error, 1)
			pulse := func(ctx context.Context) mysqldb.Pulse {
				return mysqldb.TakePulse(ctx, endpoint(p.Source, p.Source.Password()))
			}
			go func() { lost <- first.Run(t.Context(), 10*time.Millisecond, pulse) }()
			sandboxtest.Exec(t, p.SourceDB(t), "KILL "+itoa(int(held.Connection)))
			if err := <-lost; !errors.Is(err, mysqldb.ErrLockLost) {
				t.Errorf("run: %v", err)
			}
			if err := first.Close(); err != nil {
				t.Error(err)
			}

			// Closing gives it up.
			second, err := mysqldb.AcquireLock(t.Context(), db, lockName, 5*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := second.Run(ctx, time.Hour, pulse); err != nil {
				t.Errorf("run to the end of the context: %v", err)
			}
			if err := second.Close(); err != nil {
				t.Error(err)
			}
			third, err := mysqldb.AcquireLock(t.Context(), db, lockName, 5*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if err := third.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPulse tells a server that answers from one that stands still and from none.
func TestPulse(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	if got := mysqldb.TakePulse(t.Context(), endpoint(p.Source, p.Source.Password())); got != mysqldb.Answers {
		t.Errorf("a server: pulse %d", got)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := mysqldb.Endpoint{Network: "tcp", Addr: l.Addr().String()}
	if got := mysqldb.TakePulse(t.Context(), e); got != mysqldb.Silent {
		t.Errorf("one that says nothing: pulse %d", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := mysqldb.TakePulse(t.Context(), e); got != mysqldb.Gone {
		t.Errorf("none: pulse %d", got)
	}
}

// TestLockOfAServerThatStandsStill waits for as long as the server has a pulse but
// says nothing, and holds the lock again when it goes on.
func TestLockOfAServerThatStandsStill(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	proxy, err := fault.Listen(p.Source.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	e := endpoint(p.Source, p.Source.Password())
	e.Addr = proxy.Addr()
	db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	lock, err := mysqldb.AcquireLock(t.Context(), db, p.Database, 0)
	if err != nil {
		t.Fatal(err)
	}
	proxy.Set(fault.Stalled())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	looks := make(chan mysqldb.Pulse)
	done := make(chan error, 1)
	go func() {
		done <- lock.Run(ctx, time.Millisecond, func(ctx context.Context) mysqldb.Pulse {
			pulse := mysqldb.TakePulse(ctx, e)
			select {
			case looks <- pulse:
			case <-ctx.Done():
			}
			return pulse
		})
	}()
	for range 2 {
		select {
		case pulse := <-looks:
			if pulse != mysqldb.Silent {
				t.Errorf("pulse %d", pulse)
			}
		case err := <-done:
			t.Fatalf("the lock was given up while the server stood still: %v", err)
		}
	}
	proxy.Set(fault.Conditions{})
	_, err = mysqldb.AcquireLock(t.Context(), openAs(t, p.Source, mysqldb.Options{}), p.Database, 0)
	if held, ok := errors.AsType[*mysqldb.LockHeldError](err); !ok {
		t.Errorf("the lock is not held any more: %v, %v", held, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Error(err)
	}
}
