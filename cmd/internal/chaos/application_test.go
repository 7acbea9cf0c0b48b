package chaos

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
)

// torture is a second database beside courier's, with what courier lacks: keys
// under a collation, a unique key on a prefix, every kind of column, batches.
const torture = "torture"

var tortureTables = []string{
	`CREATE TABLE kinds (
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, tiny tinyint unsigned, bits bit(64), exact decimal(65,30),
  single float, wide double, at time(6), moment datetime(6), stamp timestamp(6) NULL, y year,
  one enum('a','b','ü') CHARACTER SET utf8mb4, many set('x','y','z'), old char(10) CHARACTER SET latin1,
  text varchar(200) CHARACTER SET utf8mb4, eight binary(8), large longblob,
  tag varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, UNIQUE KEY (tag)) ENGINE=InnoDB`,
	`CREATE TABLE words (
  word varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL PRIMARY KEY, n int NOT NULL,
  hint varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, UNIQUE KEY (hint(12))) ENGINE=InnoDB`,
	`CREATE TABLE amounts (
  amount decimal(12,3) NOT NULL, half float NOT NULL, n int NOT NULL, PRIMARY KEY (amount, n)) ENGINE=InnoDB`,
	`CREATE TABLE growing (id int NOT NULL PRIMARY KEY, n int NOT NULL, KEY (n)) ENGINE=InnoDB`,
}

// seed makes both databases on a server.
func seed(t testing.TB, server *sandbox.Server, size courier.Size) {
	t.Helper()
	root := sandboxtest.RootDB(t, server, "")
	for _, name := range []string{courier.Database, torture} {
		if err := courier.CreateDatabase(t.Context(), root, name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := courier.Seed(t.Context(), sandboxtest.RootDB(t, server, courier.Database), courier.SeedOptions{Size: size, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	db := sandboxtest.RootDB(t, server, torture)
	sandboxtest.Exec(t, db, tortureTables...)
	writer := &torturer{db: db, random: rand.New(rand.NewPCG(7, 7)), statements: map[string]int{}}
	for range 60 {
		if err := writer.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// application is everything that writes to the source.
type application struct {
	t      testing.TB
	cancel context.CancelFunc
	wait   sync.WaitGroup
	stats  courier.LoadStats
	errs   [2]error
	steps  int
}

// startApplication lets both databases be written to until stop.
func startApplication(t testing.TB, server *sandbox.Server, seed uint64, tps float64) *application {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	a := &application{t: t, cancel: cancel}
	t.Cleanup(cancel)
	config := server.Config(sandbox.UserScala, courier.Database)
	config.InterpolateParams = true
	db, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	a.wait.Go(func() {
		for a.begin(ctx, db, seed, tps); courier.Classify(a.errs[0]) == courier.Connection && ctx.Err() == nil; a.begin(ctx, db, seed, tps) {
			pause(ctx, 200*time.Millisecond) // the server was killed before the load had begun
		}
	})
	types := &torturer{db: sandboxtest.DB(t, server, sandbox.UserRails, torture), random: rand.New(rand.NewPCG(seed, 3)), statements: map[string]int{}}
	a.wait.Go(func() { a.steps, a.errs[1] = types.run(ctx) })
	return a
}

// begin lets courier's application work until ctx ends.
func (a *application) begin(ctx context.Context, db *sql.DB, seed uint64, tps float64) {
	a.stats, a.errs[0] = courier.Load(ctx, db, courier.LoadOptions{TPS: tps, Workers: 4, Seed: int64(seed), BlobBytes: 40_000, Reconnect: true})
	if ctx.Err() != nil {
		a.errs[0] = nil // it was interrupted
	}
}

// stop ends the application and returns how many transactions it committed.
func (a *application) stop() int64 {
	a.t.Helper()
	a.cancel()
	a.wait.Wait()
	for _, err := range a.errs {
		if err != nil {
			a.t.Fatalf("the application ended with: %v", err)
		}
	}
	if a.stats.Committed == 0 || a.steps == 0 {
		a.t.Fatalf("the application has done nothing: %d transactions, %d batches", a.stats.Committed, a.steps)
	}
	return a.stats.Committed + int64(a.steps)
}

// torturer writes to the torture database.
type torturer struct {
	db         *sql.DB
	random     *rand.Rand
	statements map[string]int
}

func (w *torturer) run(ctx context.Context) (steps int, err error) {
	for ctx.Err() == nil {
		err := w.step(ctx)
		switch class := courier.Classify(err); {
		case err == nil:
			steps++
		case ctx.Err() != nil:
			return steps, nil
		case class == courier.Other:
			return steps, fmt.Errorf("write to %s: %w", torture, err)
		}
		pause(ctx, time.Duration(20+w.random.IntN(80))*time.Millisecond)
	}
	return steps, nil
}

// step is one transaction of a few statements, at times rolled back.
func (w *torturer) step(ctx context.Context) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for range 1 + w.random.IntN(4) {
		statement := w.statement()
		if _, err := tx.ExecContext(ctx, statement); err != nil && courier.Classify(err) != courier.Duplicate {
			return fmt.Errorf("%.80s: %w", statement, err)
		}
	}
	if w.random.IntN(12) == 0 {
		return nil
	}
	return tx.Commit()
}

func (w *torturer) statement() string {
	r := w.random
	id := 1 + r.IntN(3000)
	switch r.IntN(14) {
	case 0, 1, 2:
		return "INSERT INTO kinds (" + kindColumns + ") VALUES " + w.many(1+r.IntN(60), w.kinds)
	case 3:
		return fmt.Sprintf("UPDATE kinds SET tiny = NULL, bits = bits ^ 255, wide = -wide, moment = NOW(6) WHERE id BETWEEN %d AND %d", id, id+r.IntN(40))
	case 4:
		return fmt.Sprintf("DELETE FROM kinds WHERE id BETWEEN %d AND %d", id, id+r.IntN(10))
	case 5:
		return fmt.Sprintf("UPDATE kinds SET id = id + 100000 WHERE id = %d", id)
	case 6, 7:
		return "INSERT IGNORE INTO words (word, n, hint) VALUES " + w.many(1+r.IntN(20), func() string {
			return fmt.Sprintf("('%s', %d, %s)", w.word(), r.IntN(1000), w.maybe("'"+w.word()+"'"))
		})
	case 8:
		return fmt.Sprintf("UPDATE IGNORE words SET word = '%s', n = n + 1 WHERE word = '%s'", w.word(), w.word())
	case 9:
		return fmt.Sprintf("REPLACE INTO words (word, n, hint) VALUES ('%s', %d, '%s')", w.word(), r.IntN(1000), w.word())
	case 10:
		return fmt.Sprintf("DELETE FROM words WHERE word = '%s'", w.word())
	case 11:
		return fmt.Sprintf("INSERT INTO amounts (amount, half, n) VALUES (%d.%03d, %g, %d) ON DUPLICATE KEY UPDATE half = half / 2",
			r.IntN(50)-25, r.IntN(4)*250, r.Float32(), r.IntN(20))
	case 12:
		return fmt.Sprintf("UPDATE IGNORE amounts SET amount = -amount, half = %g WHERE n = %d LIMIT 5", r.Float32(), r.IntN(20))
	default:
		return fmt.Sprintf("INSERT INTO growing (id, n) VALUES (%d, 1) ON DUPLICATE KEY UPDATE n = n + 1", r.IntN(200))
	}
}

const kindColumns = "tiny, bits, exact, single, wide, at, moment, stamp, y, one, many, old, text, eight, large, tag"

func (w *torturer) kinds() string {
	r := w.random
	values := []string{
		fmt.Sprint(r.IntN(256)), fmt.Sprint(r.Uint64()), fmt.Sprintf("%d.%020d", r.Int64()-1<<62, r.Uint64N(1e19)),
		fmt.Sprint(r.Float32() - 0.5), fmt.Sprint((r.Float64() - 0.5) * 1e300),
		fmt.Sprintf("'%d:%02d:%02d.%06d'", r.IntN(1600)-800, r.IntN(60), r.IntN(60), r.IntN(1e6)),
		"NOW(6)", fmt.Sprintf("FROM_UNIXTIME(%d.%06d)", 1+r.IntN(2e9), r.IntN(1e6)), fmt.Sprint(1901 + r.IntN(200)),
		fmt.Sprint(1 + r.IntN(3)), fmt.Sprint(r.IntN(8)), "'é" + fmt.Sprint(r.IntN(100)) + " '", "'日本\\'" + w.word() + "'",
		fmt.Sprintf("X'%016X'", r.Uint64()<<16), fmt.Sprintf("REPEAT(X'00FF27', %d)", r.IntN(300)), "'" + w.word() + "'",
	}
	for i := range values {
		values[i] = w.maybe(values[i])
	}
	return "(" + strings.Join(values, ", ") + ")"
}

func (w *torturer) many(n int, row func() string) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = row()
	}
	return strings.Join(rows, ", ")
}

// maybe is the text, or NULL.
func (w *torturer) maybe(text string) string {
	if w.random.IntN(8) == 0 {
		return "NULL"
	}
	return text
}

// word is one of a few thousand that meet in case, accents and trailing spaces.
func (w *torturer) word() string {
	pick := func(list ...string) string { return list[w.random.IntN(len(list))] }
	return pick("straße", "strasse", "Tür", "tur", "ÉTÉ", "ete", "zoo", "ガラス", "がらす") + fmt.Sprint(w.random.IntN(400)) + pick("", "", " ", "x", "X")
}

// pause waits, but not longer than ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
