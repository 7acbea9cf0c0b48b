package sandboxtest

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/sandbox"
)

// DB opens a pool of connections as a user of the sandbox, closed after the
// test.
func DB(t testing.TB, server *sandbox.Server, user, database string) *sql.DB {
	t.Helper()
	return open(t, server.Config(user, database))
}

// RootDB opens a pool of root connections with a default database, closed after
// the test. Statements may hold several, separated by semicolons.
func RootDB(t testing.TB, server *sandbox.Server, database string) *sql.DB {
	t.Helper()
	config := server.RootConfig()
	config.DBName = database
	return open(t, config)
}

// Exec runs statements one after the other and fails the test at the first
// error.
func Exec(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func open(t testing.TB, config *mysql.Config) *sql.DB {
	t.Helper()
	config.Logger = &mysql.NopLogger{} // servers are killed on purpose
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}
