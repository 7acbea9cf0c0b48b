package sandboxtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tandem/internal/sandbox"
)

// SharedPair is one test's view of the pair that its process shares.
type SharedPair struct {
	*sandbox.Pair
	// Database is a name that no other test uses. It exists, empty, on the
	// source; the target does not have it. Both are dropped after the test.
	Database string
}

// sharing is the state of one shared pair.
type sharing struct {
	once sync.Once
	pair *sandbox.Pair
	err  error
	used atomic.Int64
}

// The pairs of this process: the only package-level state, because the testing
// package gives tests of one process nothing else to share through. They are
// never stopped: the kernel ends the servers with this process and their
// directory goes too.
var (
	shared   sharing
	shared56 sharing
)

// Shared returns the pair of this process with a database for this test.
func Shared(t testing.TB) *SharedPair {
	t.Helper()
	return shared.view(t, sandbox.Any)
}

// Shared56 is Shared with MySQL 5.6 as the source.
func Shared56(t testing.TB) *SharedPair {
	t.Helper()
	return shared56.view(t, sandbox.V56)
}

func (s *sharing) view(t testing.TB, source sandbox.Version) *SharedPair {
	t.Helper()
	s.once.Do(func() {
		// Not this test's context: the pair outlives it.
		s.pair, s.err = sandbox.StartPair(context.Background(), sandbox.PairOptions{SourceVersion: source})
	})
	if errors.Is(s.err, sandbox.ErrNoServer) {
		unavailable(t, s.err)
	}
	if s.err != nil {
		t.Fatalf("start the shared pair: %v", s.err)
	}
	view := &SharedPair{Pair: s.pair, Database: databaseName(t.Name(), s.used.Add(1))}
	drop := "DROP DATABASE IF EXISTS `" + view.Database + "`"
	execute(t, view.Source, drop, "CREATE DATABASE `"+view.Database+"` DEFAULT CHARACTER SET utf8mb4")
	t.Cleanup(func() {
		execute(t, view.Source, drop)
		execute(t, view.Target, drop)
	})
	return view
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

func databaseName(test string, n int64) string {
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(test), "_"), "_")
	name = strings.TrimPrefix(name, "test")
	return fmt.Sprintf("t%d_%.40s", n, strings.TrimPrefix(name, "_"))
}

// SourceDB is a pool of root connections to the test's database on the source.
func (p *SharedPair) SourceDB(t testing.TB) *sql.DB {
	t.Helper()
	return RootDB(t, p.Source, p.Database)
}

// TargetDB is SourceDB for the target, where the database must exist by then.
func (p *SharedPair) TargetDB(t testing.TB) *sql.DB {
	t.Helper()
	return RootDB(t, p.Target, p.Database)
}

// execute runs statements as root; it works in cleanups too, when the test's
// own context has ended.
func execute(t testing.TB, server *sandbox.Server, statements ...string) {
	t.Helper()
	db, err := server.RootDB()
	if err != nil {
		t.Fatalf("connect to the %s server: %v", server.Name(), err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			t.Errorf("%s: %s: %v", server.Name(), statement, err)
		}
	}
}
