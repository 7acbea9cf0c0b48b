package courier_test

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
)

// place is an empty database on a real server.
type place struct {
	name   string
	server *sandbox.Server
	db     *sql.DB // root's
	named  string
}

// onBoth runs a test on the oldest and on the newest server.
func onBoth(t *testing.T, test func(t *testing.T, p place)) {
	for name, shared := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"5.6": sandboxtest.Shared56, "newest": sandboxtest.Shared,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shared(t)
			test(t, place{name, s.Source, s.SourceDB(t), s.Database})
		})
	}
}

// app connects as the application does.
func (p place) app(t *testing.T, interpolate bool) *sql.DB {
	t.Helper()
	config := p.server.Config(sandbox.UserScala, p.named)
	config.InterpolateParams = interpolate
	return open(t, config)
}

// open makes a pool that does not chat when its server is killed.
func open(t *testing.T, config *mysql.Config) *sql.DB {
	t.Helper()
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

func (p place) seed(t *testing.T, opts courier.SeedOptions) courier.SeedStats {
	t.Helper()
	stats, err := courier.Seed(t.Context(), p.db, opts)
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

func value[T any](t *testing.T, db *sql.DB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func column(t *testing.T, db *sql.DB, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}
