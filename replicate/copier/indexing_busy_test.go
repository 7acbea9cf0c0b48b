package copier_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate/copier"
)

// TestRowsDuringBuild looks at which changes wait while an index is made: only
// those of a table that can not be written to meanwhile.
func TestRowsDuringBuild(t *testing.T) {
	t.Parallel()
	for table, waits := range map[string]bool{"plain": false, "words": true} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			l := newLabDeferring(t, sandboxtest.Shared(t), true, append([]string{
				"CREATE TABLE plain (id INT PRIMARY KEY, a INT, KEY a (a))",
				"CREATE TABLE words (id INT PRIMARY KEY, a TEXT, FULLTEXT KEY a (a))",
			}, "INSERT INTO "+table+" VALUES (1, 1)")...)
			at, goOn := make(chan struct{}, 1), make(chan struct{})
			l.change = func(cfg *copier.Config) {
				cfg.Hook = func(point string) {
					if point == "index" && l.complete(table) != true {
						select {
						case at <- struct{}{}:
							<-goOn
						default:
						}
					}
				}
			}
			// The other table is empty and may come first.
			sandboxtest.Exec(t, l.target, "DELETE FROM _tandem.deferred WHERE link = '"+l.pair.Database+"' AND table_name <> '"+table+"'")
			c := l.prepare()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- l.idle(ctx, c) }()
			<-at
			def, _ := l.registry.Table(schema.Name{Schema: l.pair.Database, Table: table})
			txs := []*change.Transaction{{First: true, Last: true, Rows: []change.RowChange{{
				Op: change.Insert, Table: def, After: schema.Row{[]byte("2"), []byte("2")},
			}}}}
			brief, stop := context.WithTimeout(ctx, 300*time.Millisecond)
			defer stop()
			_, _, err := c.Begin(brief, txs)
			if waited := err != nil; waited != waits {
				t.Errorf("waited: %v, want %v (%v)", waited, waits, err)
			}
			if err == nil {
				c.End(txs, true)
			}
			close(goOn)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		})
	}
}

func (l *lab) complete(table string) bool { return len(l.indexNames(table)) == 2 }

// TestIndexBehindOpenTransaction: somebody has the table open on the target. It
// is said so, and the index is made when it is let go.
func TestIndexBehindOpenTransaction(t *testing.T) {
	t.Parallel()
	l := newLabDeferring(t, sandboxtest.Shared(t), true, "CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY a (a))", "INSERT INTO t VALUES (1, 1)")
	reader, err := l.target.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reader.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM `"+l.pair.Database+"`.t").Scan(&n); err != nil {
		t.Fatal(err)
	}
	c := l.prepare()
	ended := make(chan error, 1)
	go func() { ended <- l.idle(t.Context(), c) }()
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(c.Progress()[0].WaitingFor, "open transaction") {
		if time.Now().After(deadline) {
			t.Fatalf("it is not said what holds the index up: %+v", c.Progress())
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	l.requireSameTables()
}

// TestIndexRests holds the indexes up like everything else that loads the
// target, but not those that the stream waits for.
func TestIndexRests(t *testing.T) {
	t.Parallel()
	const reason = "the target needs a rest"
	l := newLabDeferring(t, sandboxtest.Shared(t), true,
		"CREATE TABLE a (id INT PRIMARY KEY, v INT, KEY v (v))", "CREATE TABLE b (id INT PRIMARY KEY, v INT, KEY v (v))",
		"INSERT INTO a VALUES (1, 1)", "INSERT INTO b VALUES (1, 1)")
	var rest atomic.Bool
	l.change = func(cfg *copier.Config) {
		cfg.Workers = 1
		cfg.Hook = func(point string) {
			if point == "before-commit" {
				rest.Store(true)
			}
		}
		cfg.Throttle = func() string {
			if rest.Load() {
				return reason
			}
			return ""
		}
	}
	c := l.prepare()
	ended := make(chan error, 1)
	go func() { ended <- l.idle(t.Context(), c) }()
	var first copier.TableProgress
	for deadline := time.Now().Add(time.Minute); first.WaitingFor != reason; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing rests: %+v", c.Progress())
		}
		for _, p := range c.Progress() {
			if p.State == "indexing" {
				first = p
			}
		}
	}
	other := map[string]string{"a": "b", "b": "a"}[first.Name.Table]
	txs := []*change.Transaction{l.statement("ALTER TABLE "+other+" COMMENT 'x'", other)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, _, err := c.Begin(ctx, txs); err != nil {
		t.Fatal(err)
	}
	if l.complete(first.Name.Table) || !l.complete(other) {
		t.Errorf("%s has %v, %s has %v", first.Name.Table, l.indexNames(first.Name.Table), other, l.indexNames(other))
	}
	c.End(txs, true)
	rest.Store(false)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	l.requireSameTables()
}

// TestBuildInMidTransaction lets a transaction that comes in parts begin while
// changes of a table wait for one of its indexes. The next part is such a change,
// and the table has a further index to get.
func TestBuildInMidTransaction(t *testing.T) {
	t.Parallel()
	l := newLabDeferring(t, sandboxtest.Shared(t), true,
		"CREATE TABLE other (id INT PRIMARY KEY)",
		"CREATE TABLE words (id INT PRIMARY KEY, a TEXT, b TEXT, FULLTEXT KEY a (a), FULLTEXT KEY b (b))",
		"INSERT INTO words VALUES (1, 'one', 'two')")
	at, goOn := make(chan struct{}), make(chan struct{})
	first := sync.OnceFunc(func() { close(at); <-goOn })
	l.change = func(cfg *copier.Config) {
		cfg.Hook = func(point string) {
			if point == "index" {
				first()
			}
		}
	}
	c := l.prepare()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- l.idle(ctx, c) }()
	<-at
	part := func(table string, row schema.Row, last bool) []*change.Transaction {
		def, _ := l.registry.Table(schema.Name{Schema: l.pair.Database, Table: table})
		return []*change.Transaction{{First: !last, Last: last, Rows: []change.RowChange{{Op: change.Insert, Table: def, After: row}}}}
	}
	one, two := part("other", schema.Row{[]byte("5")}, false), part("words", schema.Row{[]byte("5"), nil, nil}, true)
	if _, _, err := c.Begin(ctx, one); err != nil {
		t.Fatal(err)
	}
	c.End(one, true)
	begun := make(chan error, 1)
	go func() {
		_, _, err := c.Begin(ctx, two)
		begun <- err
	}()
	close(goOn)
	if err := <-begun; err != nil {
		t.Fatalf("the next part waits for ever: %v", err)
	}
	c.End(two, true)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	l.requireSameTables()
}

// TestIndexThatCanNotBeMade stops with the statement, and goes on when somebody
// has made an index of that name.
func TestIndexThatCanNotBeMade(t *testing.T) {
	t.Parallel()
	l := newLabDeferring(t, sandboxtest.Shared(t), true, "CREATE TABLE t (id INT PRIMARY KEY, v INT, KEY v (v))", "INSERT INTO t VALUES (1, 1)")
	sandboxtest.Exec(t, l.target, "UPDATE _tandem.deferred SET indexes = REPLACE(indexes, '(`v`)', '(`nothing`)') WHERE link = '"+l.pair.Database+"'")
	_, err := l.copyAll()
	var failed *copier.IndexError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "ADD KEY `v` (`nothing`)") || failed.Hint() == "" {
		t.Fatalf("copied with %v", err)
	}
	sandboxtest.Exec(t, l.target, "ALTER TABLE `"+l.pair.Database+"`.t ADD KEY v (v)")
	if _, err := l.copyAll(); err != nil {
		t.Fatal(err)
	}
	l.requireEqual()
	l.requireSameTables()
}
