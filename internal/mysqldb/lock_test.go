package mysqldb_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

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
			go func() { lost <- first.Run(t.Context(), 10*time.Millisecond) }()
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
			if err := second.Run(ctx, time.Hour); err != nil {
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
