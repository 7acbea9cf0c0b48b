package catalog_test

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/catalog"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// keeper keeps deferrals in memory, and notes which tables were there when it
// was asked to.
type keeper struct {
	t      *testing.T
	target *sql.DB
	mu     sync.Mutex
	kept   map[string][]string
}

func (k *keeper) keep(ctx context.Context, d catalog.Deferral) error {
	var names []string
	for _, i := range d.Indexes {
		names = append(names, i.Name)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	_, again := k.kept[d.Table.Table]
	var n int
	if err := k.target.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema=? AND table_name=?",
		d.Table.Schema, d.Table.Table).Scan(&n); err != nil || n != 0 && !again {
		k.t.Errorf("%s was made before it was kept what it lacks (%v)", d.Table, err)
	}
	k.kept[d.Table.Table] = names
	return nil
}

func (k *keeper) of(n schema.Name) bool { return k.kept[n.Table] != nil }

func TestCreateDeferring(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pair := sandboxtest.Shared(t)
	source, target := pair.SourceDB(t), sandboxtest.RootDB(t, pair.Target, "")
	sandboxtest.Exec(t, source,
		"CREATE TABLE big (id INT PRIMARY KEY, a INT, b INT, KEY a (a), KEY b (b)) ENGINE=InnoDB",
		"CREATE TABLE small (id INT PRIMARY KEY, a INT, KEY a (a)) ENGINE=InnoDB",
		"INSERT INTO big VALUES (1,1,1),(2,2,2),(3,3,3),(4,4,4)", "INSERT INTO big SELECT id+10, a, b FROM big", "INSERT INTO big SELECT id+100, a, b FROM big",
		"INSERT INTO small VALUES (1, 1)", "ANALYZE TABLE big, small")
	load := func() []*schema.Table {
		t.Helper()
		tables, err := catalog.Load(ctx, source, func(n schema.Name) bool { return n.Schema == pair.Database })
		if err != nil {
			t.Fatal(err)
		}
		return tables
	}
	k := &keeper{t: t, target: target, kept: map[string][]string{}}
	d := catalog.Deferring{MinRows: 10, Keep: k.keep, Kept: k.of}
	create := func(wantDeferred int) {
		t.Helper()
		report, err := catalog.CreateDeferring(ctx, source, target, load(), d)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Deferred) != wantDeferred {
			t.Errorf("deferred: %v", report.Deferred)
		}
	}
	create(1)
	if d := cmp.Diff(map[string][]string{"big": {"a", "b"}}, k.kept); d != "" {
		t.Errorf("kept (-want +got):\n%s", d)
	}
	indexes := func(table string) []string {
		t.Helper()
		got, err := catalog.LoadTable(ctx, target, schema.Name{Schema: pair.Database, Table: table})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, key := range got.Keys {
			names = append(names, key.Name)
		}
		return names
	}
	if got := indexes("big"); !slices.Equal(got, []string{"PRIMARY"}) {
		t.Errorf("big has %v", got)
	}
	if got := indexes("small"); !slices.Equal(got, []string{"PRIMARY", "a"}) {
		t.Errorf("small has %v", got)
	}
	// It was interrupted, the source has changed since, and one index was made.
	sandboxtest.Exec(t, source, "ALTER TABLE big DROP KEY a, ADD KEY c (b, a)")
	sandboxtest.Exec(t, target, "ALTER TABLE `"+pair.Database+"`.big ADD KEY b (b)")
	create(1)
	if d := cmp.Diff(map[string][]string{"big": {"c"}}, k.kept); d != "" {
		t.Errorf("kept after an interruption (-want +got):\n%s", d)
	}
}

// TestCreateWithWhatIsNeeded makes a table whose index is needed for a reason
// that is not known before: it is made with all of them.
func TestCreateWithWhatIsNeeded(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pair := sandboxtest.Shared(t)
	source, target := pair.SourceDB(t), sandboxtest.RootDB(t, pair.Target, "")
	sandboxtest.Exec(t, source, "CREATE TABLE parent (id INT PRIMARY KEY, a INT, KEY a (a), KEY b (a, id)) ENGINE=InnoDB")
	sandboxtest.Exec(t, target, "CREATE DATABASE IF NOT EXISTS `"+pair.Database+"`")
	conn, err := target.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, sql := range []string{"SET foreign_key_checks = 0, restrict_fk_on_non_standard_key = OFF",
		"CREATE TABLE `" + pair.Database + "`.elsewhere (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES parent (a)) ENGINE=InnoDB"} {
		if _, err := conn.ExecContext(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	tables, err := catalog.Load(ctx, source, func(n schema.Name) bool { return n.Schema == pair.Database })
	if err != nil {
		t.Fatal(err)
	}
	k := &keeper{t: t, target: target, kept: map[string][]string{}}
	report, err := catalog.CreateDeferring(ctx, source, target, tables, catalog.Deferring{Keep: k.keep})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Deferred) != 0 || len(k.kept["parent"]) != 0 {
		t.Errorf("deferred: %v, kept: %v", report.Deferred, k.kept)
	}
}
