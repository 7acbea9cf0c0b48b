// Package sandboxtest gives tests real MySQL servers.
//
//	func TestSomething(t *testing.T) {
//		s := sandboxtest.Shared(t)            // one pair per test process
//		db := s.SourceDB(t)                   // as root, in s.Database, made for this test
//		...
//		s.RequireEqual(t)                     // the independent comparison
//	}
//
// Shared is what most tests want: the pair is started once per test process,
// and each test has a database name of its own, so tests may run in parallel.
// Tests that kill servers, set global variables or count GTIDs start a pair of
// their own with Pair. Shared56 and Pair56 have MySQL 5.6 as the source.
//
// Where no MySQL is to be found a test is skipped, or fails if CI is set.
package sandboxtest

import (
	"context"
	"os"
	"testing"
	"time"

	"tandem/internal/sandbox"
)

// Option changes how a pair is started.
type Option func(*sandbox.PairOptions)

// WithSourceArgs adds mysqld options to the source.
func WithSourceArgs(args ...string) Option {
	return func(o *sandbox.PairOptions) { o.Source.ExtraArgs = append(o.Source.ExtraArgs, args...) }
}

// WithTargetArgs adds mysqld options to the target.
func WithTargetArgs(args ...string) Option {
	return func(o *sandbox.PairOptions) { o.Target.ExtraArgs = append(o.Target.ExtraArgs, args...) }
}

// WithDurable makes both servers write each commit through to the disk.
func WithDurable() Option {
	return func(o *sandbox.PairOptions) { o.Source.Durable, o.Target.Durable = true, true }
}

// Pair starts a pair of its own for this test; it is gone when the test ends.
func Pair(t testing.TB, opts ...Option) *sandbox.Pair {
	t.Helper()
	return start(t, sandbox.Any, opts)
}

// Pair56 is Pair with MySQL 5.6 as the source.
func Pair56(t testing.TB, opts ...Option) *sandbox.Pair {
	t.Helper()
	return start(t, sandbox.V56, opts)
}

// Install finds a server of the wanted version, or skips the test (fails it,
// when CI is set).
func Install(t testing.TB, want sandbox.Version) sandbox.Install {
	t.Helper()
	install, err := sandbox.Find(t.Context(), want)
	if err != nil {
		unavailable(t, err)
	}
	return install
}

func start(t testing.TB, source sandbox.Version, opts []Option) *sandbox.Pair {
	t.Helper()
	pairOptions := sandbox.PairOptions{
		Source: sandbox.Options{Install: Install(t, source)},
		Target: sandbox.Options{Install: Install(t, sandbox.Any)},
	}
	for _, opt := range opts {
		opt(&pairOptions)
	}
	pair, err := sandbox.StartPair(t.Context(), pairOptions)
	if err != nil {
		t.Fatalf("start a pair: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := pair.Close(ctx); err != nil {
			t.Errorf("close the pair: %v", err)
		}
	})
	return pair
}

func unavailable(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("CI needs real servers: %v", err)
	}
	t.Skipf("skipped, needs a real server: %v", err)
}
