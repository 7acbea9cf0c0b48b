package copier_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/change"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/replicate/copier"
)

// indexed are tables with every kind of secondary index.
var indexed = []string{
	"CREATE TABLE parent (id INT PRIMARY KEY, code INT NOT NULL, other INT, UNIQUE KEY (code), KEY other (other)) ENGINE=InnoDB",
	"CREATE TABLE plain (id INT PRIMARY KEY, a INT NOT NULL, b VARCHAR(100) NOT NULL, c TEXT, p INT, n BIGINT NOT NULL AUTO_INCREMENT, " +
		"KEY `odd ``name, (` (a) COMMENT 'it''s (odd), \"ü\"', KEY ab (a, b), KEY prefix (c(10)), KEY p (p), KEY n (n), UNIQUE KEY u (b, id), " +
		"CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
	"CREATE TABLE words (id INT PRIMARY KEY, a TEXT NOT NULL, b VARCHAR(200), g GEOMETRY NOT NULL, FULLTEXT KEY fa (a), FULLTEXT KEY fab (a, b), " +
		"SPATIAL KEY sg (g), KEY b (b)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
}

// modern are those that only MySQL 8.0 and later have.
const modern = "CREATE TABLE modern (id INT PRIMARY KEY, a INT, j JSON, KEY down (a DESC), KEY hidden (a) INVISIBLE, " +
	"KEY twice ((a * 2)), KEY half ((concat(a, 'ü')), a), KEY many ((CAST(j->'$.tags' AS UNSIGNED ARRAY)))) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"

func fillIndexed(rows int) []string {
	var sql []string
	values := func(f func(i int) string) string {
		var all []string
		for i := range rows {
			all = append(all, f(i))
		}
		return strings.Join(all, ",")
	}
	sql = append(sql, "INSERT INTO parent VALUES "+values(func(i int) string { return fmt.Sprintf("(%d,%d,%d)", i, i, i%7) }),
		"INSERT INTO plain VALUES "+values(func(i int) string {
			return fmt.Sprintf("(%d,%d,'text %d','more %d',%d,%d)", i, i%11, i, i%13, i, i+1)
		}),
		"INSERT INTO words VALUES "+values(func(i int) string {
			return fmt.Sprintf("(%d,'some word%d here','%d',ST_GeomFromText('POINT(%d 1)'))", i, i, i%5, i)
		}))
	return sql
}

var counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

// showCreate returns the tables of the lab's database as a server has them.
func (l *lab) showCreate(db *sql.DB) map[string]string {
	l.t.Helper()
	all := map[string]string{}
	for _, t := range l.registry.Tables() {
		var name, text string
		if err := db.QueryRowContext(l.t.Context(), "SHOW CREATE TABLE "+t.Quoted()).Scan(&name, &text); err != nil {
			l.t.Fatal(err)
		}
		// The order of indexes means nothing.
		lines := strings.Split(counter.ReplaceAllString(text, ""), ",\n")
		slices.Sort(lines)
		all[name] = strings.Join(lines, "\n")
	}
	return all
}

func (l *lab) requireSameTables() {
	l.t.Helper()
	if d := cmp.Diff(l.showCreate(l.source), l.showCreate(l.target)); d != "" {
		l.t.Errorf("tables differ (-source +target):\n%s", d)
	}
}

// indexNames returns the names of the indexes of a table on the target.
func (l *lab) indexNames(table string) []string {
	l.t.Helper()
	rows, err := l.target.QueryContext(l.t.Context(), "SELECT DISTINCT index_name FROM information_schema.statistics "+
		"WHERE table_schema = ? AND table_name = ? ORDER BY CAST(index_name AS BINARY)", l.pair.Database, table)
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			l.t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func (l *lab) count(query string, args ...any) int {
	l.t.Helper()
	var n int
	if err := l.target.QueryRowContext(l.t.Context(), query, args...).Scan(&n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

func TestIndexesComeAfterTheRows(t *testing.T) {
	t.Parallel()
	l := newLabDeferring(t, sandboxtest.Shared(t), true, append(slices.Concat(indexed, []string{modern}), append(fillIndexed(3000),
		"INSERT INTO modern SELECT id, id, JSON_OBJECT('tags', JSON_ARRAY(id, id + 1)) FROM parent")...)...)
	for table, want := range map[string][]string{
		"parent": {"PRIMARY", "code"},
		"plain":  {"PRIMARY", "n", "p", "u"},
		"words":  {"PRIMARY"},
		"modern": {"PRIMARY"},
	} {
		if d := cmp.Diff(want, l.indexNames(table)); d != "" {
			t.Errorf("indexes of %s before the copy (-want +got):\n%s", table, d)
		}
	}
	states := map[string]bool{}
	var mu sync.Mutex
	var c *copier.Copier
	l.change = func(cfg *copier.Config) {
		cfg.Hook = func(point string) {
			if point != "index" {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, p := range c.Progress() {
				states[p.State] = true
			}
		}
	}
	c = l.prepare()
	l.runIdle(c)
	l.requireEqual()
	l.requireSameTables()
	if !states["indexing"] {
		t.Errorf("states while indexes were made: %v", states)
	}
	if n := l.count("SELECT COUNT(*) FROM _tandem.deferred WHERE link = ?", l.pair.Database); n != 0 {
		t.Errorf("%d deferrals are left", n)
	}
	if n := l.count("SELECT COUNT(*) FROM _tandem.statement WHERE link = ? AND statement LIKE 'ALTER TABLE%`plain`%LOCK=NONE'", l.pair.Database); n != 1 {
		t.Errorf("the statement of plain is announced %d times", n)
	}
	if n := l.count("SELECT COUNT(*) FROM mysql.innodb_index_stats WHERE database_name = ? AND table_name = 'plain' AND index_name = 'ab' "+
		"AND stat_name = 'n_diff_pfx02' AND stat_value > 0", l.pair.Database); n != 1 {
		t.Error("plain has no statistics")
	}
}

// runIdle copies while a stream without changes stands at the end of the binlog.
func (l *lab) runIdle(c *copier.Copier) {
	l.t.Helper()
	if err := l.idle(l.t.Context(), c); err != nil {
		l.t.Fatal(err)
	}
}

func TestIndexesFrom56(t *testing.T) {
	t.Parallel()
	l := newLabDeferring(t, sandboxtest.Shared56(t), true, append([]string{
		"CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, w TEXT CHARACTER SET utf8, at TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00', " +
			"KEY a (a) USING BTREE KEY_BLOCK_SIZE=4 COMMENT 'ü', FULLTEXT KEY w (w)) ENGINE=InnoDB DEFAULT CHARSET=latin1",
	}, "INSERT INTO t VALUES (1, 2, 'three', '2020-01-01 00:00:00')")...)
	c := l.prepare()
	l.runIdle(c)
	l.requireEqual()
	if d := cmp.Diff([]string{"PRIMARY", "a", "w"}, l.indexNames("t")); d != "" {
		t.Errorf("indexes (-want +got):\n%s", d)
	}
}

// TestIndexesAfterKill stops the copy at each point and goes on with another
// copier.
func TestIndexesAfterKill(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"index", "indexed"} {
		for _, nth := range []int{1, 2, 4} {
			t.Run(fmt.Sprintf("%s %d", point, nth), func(t *testing.T) {
				t.Parallel()
				l := newLabDeferring(t, sandboxtest.Shared(t), true, append(slices.Clone(indexed), fillIndexed(300)...)...)
				ctx, kill := context.WithCancel(t.Context())
				defer kill()
				seen := 0
				l.change = func(cfg *copier.Config) {
					cfg.Hook = func(p string) {
						if p == point {
							if seen++; seen == nth {
								kill()
							}
						}
					}
				}
				if err := l.idle(ctx, l.prepare()); err == nil {
					t.Fatal("the copy was not stopped")
				}
				l.change = nil
				l.runIdle(l.prepare())
				l.requireEqual()
				l.requireSameTables()
			})
		}
	}
}

// statement returns a transaction of one statement on a table of the lab.
func (l *lab) statement(sql, table string) *change.Transaction {
	return &change.Transaction{First: true, Last: true, Statement: &change.Statement{
		SQL: sql, Schema: l.pair.Database, Tables: []schema.Name{{Schema: l.pair.Database, Table: table}},
	}}
}

// TestStatementMeetsIndexes lets statements come before anything is copied: the
// indexes of the tables that they are about are there when they may go on, and
// no others.
func TestStatementMeetsIndexes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		sql, table string
		want       []string // tables with all their indexes
	}{
		{"ALTER TABLE plain DROP KEY ab", "plain", []string{"plain"}},
		{"CREATE TABLE plain2 LIKE plain", "plain2", []string{"plain"}},
		{"CREATE TABLE `another words` (id INT)", "another words", []string{"words"}},
		{"TRUNCATE words", "words", []string{"words"}},
		{"CREATE TABLE plainer (wordsmith INT)", "plainer", nil},
	} {
		t.Run(tc.sql, func(t *testing.T) {
			t.Parallel()
			l := newLabDeferring(t, sandboxtest.Shared(t), true, append(slices.Clone(indexed), fillIndexed(10)...)...)
			var hold sync.RWMutex // keeps everything from being copied
			hold.Lock()
			l.change = func(cfg *copier.Config) {
				cfg.Hook = func(point string) {
					if point == "begin" {
						hold.RLock()
						defer hold.RUnlock()
					}
				}
			}
			c := l.prepare()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- l.idle(ctx, c) }()
			txs := []*change.Transaction{l.statement(tc.sql, tc.table)}
			if _, _, err := c.Begin(ctx, txs); err != nil {
				t.Error(err)
			}
			all := map[string]int{"plain": 7, "words": 5}
			for table, n := range all {
				have := l.indexNames(table)
				if complete := len(have) == n; complete != slices.Contains(tc.want, table) {
					t.Errorf("%s has %v", table, have)
				}
			}
			c.End(txs, true)
			hold.Unlock()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			l.requireSameTables()
		})
	}
}

// TestIndexThatIsDroppedStaysAway lets a statement drop an index that the copier
// has made early, and starts the copier again: it must not come back.
func TestIndexThatIsDroppedStaysAway(t *testing.T) {
	t.Parallel()
	l := newLabDeferring(t, sandboxtest.Shared(t), true, append(slices.Clone(indexed), fillIndexed(10)...)...)
	l.behind.Store(true)
	c := l.prepare()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	txs := []*change.Transaction{l.statement("ALTER TABLE plain DROP KEY ab", "plain")}
	if _, _, err := c.Begin(ctx, txs); err != nil {
		t.Fatal(err)
	}
	for _, db := range []*sql.DB{l.source, l.target} {
		sandboxtest.Exec(t, db, "ALTER TABLE `"+l.pair.Database+"`.plain DROP KEY ab")
	}
	c.End(txs, true)
	cancel()
	<-ended
	l.behind.Store(false)
	l.runIdle(l.prepare())
	l.requireEqual()
	l.requireSameTables()
}
