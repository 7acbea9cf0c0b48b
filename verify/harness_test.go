package verify_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
	"tandem/verify"
)

// lab is a database on both sides of the shared pair.
type lab struct {
	t      testing.TB
	pair   *sandboxtest.SharedPair
	source *sql.DB
	target *sql.DB
}

// newLab runs the statements on both sides, in the test's own database.
func newLab(t testing.TB, pair *sandboxtest.SharedPair, statements ...string) *lab {
	t.Helper()
	root := sandboxtest.RootDB(t, pair.Target, "")
	sandboxtest.Exec(t, root, "CREATE DATABASE `"+pair.Database+"` DEFAULT CHARACTER SET utf8mb4")
	l := &lab{t: t, pair: pair, source: pair.SourceDB(t), target: pair.TargetDB(t)}
	for _, db := range []*sql.DB{l.source, l.target} {
		db.SetMaxOpenConns(1)
		sandboxtest.Exec(t, db, "SET NAMES utf8mb4", "SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'",
			"SET time_zone='+00:00'", "SET foreign_key_checks=0", "/*!80000 SET SESSION cte_max_recursion_depth=10000000 */")
	}
	l.both(statements...)
	return l
}

func (l *lab) both(statements ...string) {
	l.t.Helper()
	sandboxtest.Exec(l.t, l.source, statements...)
	sandboxtest.Exec(l.t, l.target, statements...)
}

func (l *lab) onSource(statements ...string) {
	l.t.Helper()
	sandboxtest.Exec(l.t, l.source, statements...)
}
func (l *lab) onTarget(statements ...string) {
	l.t.Helper()
	sandboxtest.Exec(l.t, l.target, statements...)
}

func (l *lab) config() verify.Config {
	return verify.Config{
		Migration: l.pair.Database, Source: endpoint("source", l.pair.Source), Target: endpoint("target", l.pair.Target),
		Tables: func(n schema.Name) bool { return n.Schema == l.pair.Database },
		Settle: 5 * time.Second, ShowValues: true, Fresh: true,
	}
}

func endpoint(name string, server *sandbox.Server) mysqldb.Endpoint {
	return mysqldb.Endpoint{
		Name: name, Network: "tcp", Addr: server.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return server.Password(), nil },
	}
}

func (l *lab) run(change ...func(*verify.Config)) *verify.Report {
	l.t.Helper()
	cfg := l.config()
	for _, c := range change {
		c(&cfg)
	}
	r, err := verify.Run(l.t.Context(), cfg)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

func by(m verify.Method) func(*verify.Config) { return func(c *verify.Config) { c.Method = m } }

var methods = []verify.Method{verify.Stream, verify.Server}

// lines are the findings of a report, one each: table class key columns.
func lines(r *verify.Report) []string {
	var out []string
	for _, t := range r.Tables {
		if t.Skipped != "" {
			out = append(out, t.Table+" skipped: "+t.Skipped)
		}
		for _, f := range t.Findings {
			line := t.Table + " " + string(f.Class) + " " + f.Key
			for _, c := range f.Columns {
				line += " " + c.Column + ":" + text(c.Source) + "/" + text(c.Target)
			}
			out = append(out, line)
		}
	}
	return out
}

func text(v verify.Value) string {
	if v.Null {
		return "NULL"
	}
	return *v.Text
}
