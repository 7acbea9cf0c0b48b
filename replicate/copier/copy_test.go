package copier_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate/copier"
)

// fill returns statements that double a table's rows until there are 2^n.
func fill(table, columns, values string, n int) []string {
	out := []string{fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, columns, values)}
	for range n {
		out = append(out, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", table, columns, values, table))
	}
	return out
}

// TestManyChunks copies tables in hundreds of chunks, several at a time.
func TestManyChunks(t *testing.T) {
	for _, insert := range []bool{false, true} {
		t.Run(fmt.Sprintf("insert=%t", insert), func(t *testing.T) {
			statements := []string{
				"CREATE TABLE numbers (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(300), e ENUM('a','b'))",
				"CREATE TABLE texts (k VARCHAR(40) COLLATE utf8mb4_general_ci PRIMARY KEY, v VARCHAR(300))",
				"CREATE TABLE pairs (a VARCHAR(10), b BIGINT UNSIGNED, v BLOB, PRIMARY KEY (a, b))",
				"CREATE TABLE no_key (v INT, w VARCHAR(100))",
				"CREATE TABLE empty_one (id INT PRIMARY KEY)",
			}
			statements = append(statements, fill("numbers", "v,e", "REPEAT('v', 1 + RAND() * 250), 'a'", 13)...)
			statements = append(statements,
				"INSERT INTO texts SELECT SHA2(id, 224) DIV 1, v FROM numbers WHERE id < 0",
				"INSERT INTO texts SELECT CONCAT(LEFT(SHA2(id, 256), 20), CHAR(ASCII('A') + id % 26)), v FROM numbers",
				"INSERT INTO pairs SELECT id % 7, id * 1000000007, v FROM numbers",
				"INSERT INTO no_key SELECT id % 50, v FROM numbers WHERE LENGTH(v) < 100",
			)
			l := newLab(t, sandboxtest.Shared(t), statements...)
			l.change = func(c *copier.Config) { c.NoLoadData, c.ChunkBytes = insert, 32<<10 }
			c, err := l.copyAll()
			if err != nil {
				t.Fatal(err)
			}
			if !c.Done() || c.Active() {
				t.Error("the copy has ended and is not done")
			}
			chunks := 0
			for _, p := range c.Progress() {
				chunks += p.ChunksDone
				if p.State != "done" || p.RowsCopied > p.RowsEstimated {
					t.Errorf("%+v", p)
				}
			}
			// How many it takes depends on the time that each has taken.
			if chunks < 20 {
				t.Errorf("only %d chunks", chunks)
			}
			l.requireEqual()
			if c, err = l.copyAll(); err != nil || !c.Done() {
				t.Errorf("again: %v", err)
			}
		})
	}
}

// TestChunksAreCutToMemory has rows that no estimate is right for.
func TestChunksAreCutToMemory(t *testing.T) {
	statements := []string{
		"CREATE TABLE mixed (id INT PRIMARY KEY AUTO_INCREMENT, v LONGBLOB)",
		"CREATE TABLE mixed_text (k VARCHAR(20) PRIMARY KEY, v LONGTEXT)",
	}
	statements = append(statements, fill("mixed", "v", "REPEAT('s', 10)", 9)...)
	statements = append(statements,
		"UPDATE mixed SET v=REPEAT('\\\\', 300000) WHERE id % 20 = 0",
		"UPDATE mixed SET v=REPEAT('\\t', 900000) WHERE id % 100 = 0",
		"UPDATE mixed SET v=REPEAT('L', 6000000) WHERE id IN (101, 102, 300)",
		"INSERT INTO mixed_text SELECT CONCAT('k', id), v FROM mixed")
	l := newLab(t, sandboxtest.Shared(t), statements...)
	l.change = func(c *copier.Config) { c.Memory, c.Workers = 4<<20, 2 }
	if _, err := l.copyAll(); err != nil {
		t.Fatal(err)
	}
	l.requireEqual()
}

func TestTargetWithRowsIsRefused(t *testing.T) {
	pair := sandboxtest.Shared(t)
	l := newLab(t, pair, "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT, k VARCHAR(9) PRIMARY KEY)", "CREATE TABLE c (v INT)")
	tables := append(l.registry.Tables(), &schema.Table{Name: schema.Name{Schema: pair.Database, Table: "not_there"}})
	if err := copier.RequireEmpty(t.Context(), l.target, tables); err != nil {
		t.Errorf("empty tables: %v", err)
	}
	sandboxtest.Exec(t, l.target, "INSERT INTO "+pair.Database+".b VALUES (1, 'left')")
	err := copier.RequireEmpty(t.Context(), l.target, tables)
	var found *copier.NotEmptyError
	if !errors.As(err, &found) || found.Table.Table != "b" || found.Key != `"left"` {
		t.Errorf("got %v", err)
	}
}

// TestValueThatDoesNotFit makes the target's column too short.
func TestValueThatDoesNotFit(t *testing.T) {
	for _, insert := range []bool{false, true} {
		pair := sandboxtest.Shared(t)
		l := newLab(t, pair, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))",
			"INSERT INTO t VALUES (1, 'short'), (2, 'short'), (17, 'as long as it may be'), (18, 'short')")
		sandboxtest.Exec(t, l.target, "ALTER TABLE "+pair.Database+".t MODIFY v VARCHAR(10)")
		l.change = func(c *copier.Config) { c.NoLoadData = insert }
		_, err := l.copyAll()
		var value *copier.ValueError
		if !errors.As(err, &value) || value.Key != "17" {
			t.Errorf("insert=%t: got %v", insert, err)
		}
	}
}

// TestOtherCopierIsFenced takes the link over while a chunk is about to be
// written.
func TestOtherCopierIsFenced(t *testing.T) {
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1),(2)")
	takeOver := sync.OnceFunc(func() {
		l.change = nil
		l.prepare()
	})
	l.change = func(c *copier.Config) {
		c.Hook = func(point string) {
			if point == "before-write" {
				takeOver()
			}
		}
	}
	if _, err := l.copyAll(); !errors.Is(err, copier.ErrFenced) {
		t.Errorf("got %v, want %v", err, copier.ErrFenced)
	}
	if n := count(t, l, "t"); n != 0 {
		t.Errorf("the fenced copier has written %d rows", n)
	}
}

func count(t *testing.T, l *lab, table string) int {
	t.Helper()
	var n int
	if err := l.target.QueryRow("SELECT COUNT(*) FROM " + l.pair.Database + "." + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestChangesOfASnapshot brings changes from before and after a snapshot while
// the table is copied from it.
func TestChangesOfASnapshot(t *testing.T) {
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE t (k INT, v INT)", "INSERT INTO t VALUES (1,1),(1,1),(2,2)")
	table, _ := l.registry.Table(schema.Name{Schema: l.pair.Database, Table: "t"})
	insert := func(s *fakeStream, k string) {
		s.source("INSERT INTO t VALUES ("+k+",0)", change.RowChange{Op: change.Insert, Table: table, After: row(k, "0")})
	}
	s := &fakeStream{t: t, l: l}
	l.change = func(c *copier.Config) {
		c.Hook = func(point string) {
			switch point {
			case "snapshot":
				// The snapshot does not have it: it has to wait.
				insert(s, "8")
			case "before-commit":
				s.waitEmpty()
				if n := count(t, l, "t"); n != 0 {
					t.Errorf("the target has %d rows before the table is written", n)
				}
			}
		}
	}
	s.c = l.prepare()
	insert(s, "7")
	s.run(func() {})
	l.requireEqual()
}

// waitEmpty waits until everything queued is under way.
func (s *fakeStream) waitEmpty() {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-time.After(time.Millisecond) {
		s.mu.Lock()
		n := len(s.queue)
		s.mu.Unlock()
		if n == 0 {
			return
		}
	}
	s.t.Error("changes are not brought to the copy")
}

// TestSnapshotWaitsForWriters has a transaction that keeps the table in use.
func TestSnapshotWaitsForWriters(t *testing.T) {
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE t (k INT)", "INSERT INTO t VALUES (1)")
	writer := l.pair.SourceDB(t)
	tx, err := writer.BeginTx(t.Context(), nil)
	if err == nil {
		_, err = tx.Exec("INSERT INTO t VALUES (2)")
	}
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(1500*time.Millisecond, func() {
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	})
	if _, err := l.copyAll(); err != nil {
		t.Fatal(err)
	}
	l.requireEqual()
}

// TestKeyThatChangesStartsTheTableAnew changes a table's key while it is read.
func TestKeyThatChangesStartsTheTableAnew(t *testing.T) {
	statements := append([]string{"CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT NOT NULL)"}, fill("t", "v", "1", 8)...)
	l := newLab(t, sandboxtest.Shared(t), append(statements, "UPDATE t SET v=10000-id")...)
	name := schema.Name{Schema: l.pair.Database, Table: "t"}
	s := &fakeStream{t: t, l: l}
	alter := "ALTER TABLE " + name.Quoted() + " MODIFY id INT, DROP PRIMARY KEY, ADD PRIMARY KEY (v)"
	var statement sync.Once
	var late sync.WaitGroup
	var chunks atomic.Int32
	l.change = func(c *copier.Config) {
		c.Workers, c.ChunkBytes = 1, 1000
		c.Hook = func(point string) {
			if point == "after-commit" {
				chunks.Add(1)
			}
			if point == "after-select" && chunks.Load() >= 2 {
				statement.Do(func() { s.source(alter) })
			}
			if point == "after-select" {
				late.Go(func() { s.deliverStatement(name, alter) })
			}
		}
	}
	s.c = l.prepare()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.c.Run(ctx); err != nil {
		t.Fatal(err)
	}
	late.Wait()
	l.requireEqual()
}

// deliverStatement delivers what is queued, which is that statement or nothing.
func (s *fakeStream) deliverStatement(name schema.Name, sql string) {
	s.mu.Lock()
	queue := s.queue
	s.queue = nil
	s.mu.Unlock()
	for _, tx := range queue {
		tx.Statement = &change.Statement{SQL: sql, Tables: []schema.Name{name}}
		txs := []*change.Transaction{tx}
		if _, _, err := s.c.Begin(context.Background(), txs); err != nil {
			s.t.Error(err)
			return
		}
		_, err := s.l.target.Exec(sql)
		def, loadErr := catalog.LoadTable(context.Background(), s.l.target, name)
		if err := errors.Join(err, loadErr); err != nil {
			s.t.Error(err)
			return
		}
		s.l.registry.Replace(def)
		s.c.End(txs, true)
	}
	s.deliver()
}

// TestCascadesThatAreNotLogged deletes parents on a 5.6 source, at every point of
// the copy of their children.
func TestCascadesThatAreNotLogged(t *testing.T) {
	for _, at := range []string{"begin", "after-select", "before-write", "after-commit"} {
		t.Run(at, func(t *testing.T) {
			l := newLab(t, sandboxtest.Shared56(t),
				"CREATE TABLE p (id INT PRIMARY KEY, v INT) ENGINE=InnoDB",
				"CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE) ENGINE=InnoDB",
				"CREATE TABLE g (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id) ON DELETE SET NULL) ENGINE=InnoDB",
				"CREATE TABLE self (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES self (id) ON DELETE CASCADE) ENGINE=InnoDB",
				"INSERT INTO p VALUES (1,1),(2,2),(3,3),(4,4)",
				"INSERT INTO c VALUES (10,1),(11,1),(20,2),(30,3),(40,4)",
				"INSERT INTO g VALUES (100,10),(200,20),(300,30),(400,40)",
				"INSERT INTO self VALUES (1,NULL),(2,1),(3,2),(9,NULL)")
			p, _ := l.registry.Table(schema.Name{Schema: l.pair.Database, Table: "p"})
			self, _ := l.registry.Table(schema.Name{Schema: l.pair.Database, Table: "self"})
			s := &fakeStream{t: t, l: l}
			var late sync.WaitGroup
			n := 0
			l.change = func(c *copier.Config) {
				c.Workers = 1
				c.Hook = func(point string) {
					if point == at && n < 4 {
						// Once for each table that is copied.
						n++
						id := fmt.Sprint(n)
						s.source("DELETE FROM p WHERE id="+id, change.RowChange{Op: change.Delete, Table: p, Before: row(id, id)})
						if n == 3 {
							s.source("DELETE FROM self WHERE id=1", change.RowChange{Op: change.Delete, Table: self, Before: schema.Row{[]byte("1"), nil}})
						}
					}
					late.Go(s.deliver)
				}
			}
			s.c = l.prepare()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := s.c.Run(ctx); err != nil {
				t.Fatal(err)
			}
			late.Wait()
			s.deliver()
			l.requireEqual()
			if n < 3 {
				t.Errorf("only %d parents were deleted", n)
			}
		})
	}
}

// TestThrottle holds the copy up until it is said why, and lets it go on.
func TestThrottle(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)")
	const reason = "the target's commits take long"
	var free atomic.Bool
	l.change = func(cfg *copier.Config) {
		cfg.Throttle = func() string {
			if free.Load() {
				return ""
			}
			return reason
		}
	}
	c := l.prepare()
	done := make(chan error, 1)
	go func() { done <- l.idle(t.Context(), c) }()
	select {
	case err := <-done:
		t.Fatalf("nothing was held up: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if p := c.Progress()[0]; p.WaitingFor != reason || p.ChunksDone > 0 {
		t.Errorf("progress while the copy pauses: %+v", p)
	}
	free.Store(true)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	l.requireEqual()
}
