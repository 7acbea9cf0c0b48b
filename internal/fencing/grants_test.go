package fencing_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tandem/internal/fencing"
	"tandem/internal/sandbox/sandboxtest"
)

// raiseAndLift raises the grants fence, makes sure that it holds, lifts it and
// makes sure that everything is as it was.
func raiseAndLift(t *testing.T, b *bench, tries bool, others ...string) {
	t.Helper()
	accounts := append([]string{b.app + "@'%'"}, others...)
	before := b.grants(accounts...)
	r := b.request()
	r.Grants = []string{b.app}
	raised := b.raise(r)
	proof, err := b.prove()
	if err != nil {
		t.Errorf("not proved: %v; grants are %q", err, b.grants(accounts...))
	}
	if tries && proof.Tries < 6 {
		t.Errorf("proof %+v, want INSERT, UPDATE and DELETE refused on both tables", proof)
	}
	if _, err := fencing.Confirm(t.Context(), b.db, r); err != nil {
		t.Error(err)
	}
	b.lift()
	b.same("grants after lifting "+raised[0].String(), before, b.grants(accounts...))
}

func TestGrants(t *testing.T) {
	t.Parallel()
	for name, grants := range map[string][]string{
		"database":      {"GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {app}"},
		"all":           {"GRANT ALL ON {db}.* TO {app} WITH GRANT OPTION"},
		"pattern":       {"GRANT INSERT, SELECT ON `{pattern}`.* TO {app}"},
		"table":         {"GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER, ALTER ON {db}.a TO {app}", "GRANT UPDATE ON {db}.b TO {app}"},
		"columns":       {"GRANT SELECT, INSERT (id, v), UPDATE (v) ON {db}.a TO {app}", "GRANT UPDATE, UPDATE (v), SELECT (v) ON {db}.b TO {app}"},
		"routine":       {"GRANT EXECUTE ON PROCEDURE {db}.p TO {app}", "GRANT EXECUTE ON FUNCTION {db}.f TO {app}", "GRANT SELECT ON {db}.* TO {app}"},
		"view":          {"GRANT INSERT, SELECT ON {db}.w TO {app}"},
		"all together":  {"GRANT SELECT, INSERT ON {db}.* TO {app}", "GRANT INSERT, DELETE ON {db}.a TO {app}", "GRANT UPDATE (v) ON {db}.a TO {app}"},
		"reads alone":   {"GRANT SELECT ON {db}.* TO {app}"},
		"nothing":       nil,
		"other objects": {"GRANT INSERT ON {db}.a TO {app}", "GRANT INSERT, UPDATE ON `{other}`.* TO {app}"},
	} {
		for _, server := range []string{"current", "5.6"} {
			t.Run(name+"/"+server, func(t *testing.T) {
				t.Parallel()
				b := benchOf(t, server)
				b.exec("CREATE PROCEDURE "+b.schema+".p() DELETE FROM "+b.schema+".a", "CREATE VIEW "+b.schema+".w AS SELECT * FROM "+b.schema+".a",
					"CREATE FUNCTION "+b.schema+".f() RETURNS INT DETERMINISTIC RETURN 1")
				for _, g := range grants {
					b.exec(b.fill(g))
				}
				raiseAndLift(t, b, true)
			})
		}
	}
}

func benchOf(t *testing.T, server string) *bench {
	t.Helper()
	if server == "current" {
		return current(t)
	}
	return old(t)
}

// fill puts this bench's names into a statement.
func (b *bench) fill(s string) string {
	return strings.NewReplacer("{db}", b.schema, "{app}", b.app+"@'%'", "{pattern}", strings.ReplaceAll(b.schema, "_", `\_`), "{other}", b.schema+"_else").Replace(s)
}

// A session of before keeps rights on the database that it has chosen, so it is
// ended; a transaction in flight goes with it.
func TestGrantsEndSessions(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.exec(b.fill("GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {app}"))
	inFlight := b.appSession()
	r := b.request()
	r.Grants = []string{b.app}
	b.raise(r)
	if err := inFlight.Commit(); err == nil {
		t.Error("a transaction in flight was committed behind the fence")
	}
	b.mustLogIn()
	b.lift()
	b.mustWrite()
}

func TestGrantsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ grant, want string }{
		"other tables in the database": {"GRANT INSERT ON {db}.* TO {app}", "is not one of the groups' tables"},
		"every database":               {"GRANT INSERT ON `%`.* TO {app}", "is not one of the groups' tables"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := current(t)
			b.exec("CREATE TABLE "+b.schema+".apart (id INT PRIMARY KEY)", b.fill(test.grant))
			r := b.request()
			r.Grants = []string{b.app}
			var refused *fencing.RefusedError
			if _, err := fencing.Raise(t.Context(), b.db, r, b.programs()); !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

// Roles, and rights on everything under partial_revokes, on a server whose
// settings may be changed.
func TestGrantsOfNewServers(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t, sandboxtest.WithSourceArgs("--partial-revokes=ON"))
	for i, test := range []struct {
		name   string
		grants []string
		others []string
	}{
		{"role", []string{"CREATE ROLE r0", "GRANT ALL ON {db}.* TO r0", "GRANT r0 TO {app}"}, []string{"r0"}},
		{"role that begins active", []string{"CREATE ROLE r1, r1b", "GRANT INSERT ON {db}.a TO r1", "GRANT SELECT ON {db}.* TO r1b",
			"GRANT r1, r1b TO {app}", "SET DEFAULT ROLE r1, r1b TO {app}"}, []string{"r1", "r1b"}},
		{"role to hand on", []string{"CREATE ROLE r2", "GRANT UPDATE ON {db}.* TO r2", "GRANT r2 TO {app} WITH ADMIN OPTION"}, []string{"r2"}},
		{"role of a role", []string{"CREATE ROLE r3, r3b", "GRANT DELETE ON {db}.b TO r3b", "GRANT r3b TO r3", "GRANT r3 TO {app}", "SET DEFAULT ROLE ALL TO {app}"}, []string{"r3", "r3b"}},
		{"role that reads", []string{"CREATE ROLE r4", "GRANT SELECT ON *.* TO r4", "GRANT r4 TO {app}"}, []string{"r4"}},
		{"rights on everything", []string{"GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO {app}"}, nil},
		{"restricted already", []string{"GRANT SELECT, INSERT, UPDATE ON *.* TO {app}", "REVOKE INSERT ON {db}.* FROM {app}"}, nil},
		{"everything and the database", []string{"GRANT SELECT, INSERT, UPDATE ON *.* TO {app}", "GRANT INSERT, DELETE ON {db}.* TO {app}"}, nil},
		{"everything and a table", []string{"GRANT INSERT ON *.* TO {app}", "GRANT INSERT (v), DELETE ON {db}.a TO {app}"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := on(t, pair.Source, fmt.Sprintf("t%d_new", i))
			for _, g := range test.grants {
				b.exec(b.fill(g))
			}
			raiseAndLift(t, b, true, test.others...)
		})
	}
	t.Run("role that administers", func(t *testing.T) {
		b := on(t, pair.Source, "t90_new")
		b.exec("CREATE ROLE chief", "GRANT INSERT, CREATE USER ON *.* TO chief", b.fill("GRANT chief TO {app}"))
		r := b.request()
		r.Grants = []string{b.app}
		var refused *fencing.RefusedError
		if _, err := fencing.Raise(t.Context(), b.db, r, b.programs()); !errors.As(err, &refused) || !strings.Contains(err.Error(), "administers the server (CREATE USER)") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("mandatory role", func(t *testing.T) {
		b := on(t, pair.Source, "t91_new")
		b.exec("CREATE ROLE everybody", b.fill("GRANT INSERT ON {db}.a TO everybody"), "SET GLOBAL mandatory_roles = '`everybody`@`%`'")
		defer b.exec("SET GLOBAL mandatory_roles = ''")
		r := b.request()
		r.Grants = []string{b.app}
		var refused *fencing.RefusedError
		if _, err := fencing.Raise(t.Context(), b.db, r, b.programs()); !errors.As(err, &refused) || !strings.Contains(err.Error(), "which is mandatory") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("drawn", func(t *testing.T) {
		b := on(t, pair.Source, "t92_new")
		drawn(t, b, 15)
	})
}

// Whatever an account has, it has the same again after the fence.
func TestGrantsDrawn56(t *testing.T) {
	t.Parallel()
	drawn(t, old(t), 10)
}

func drawn(t *testing.T, b *bench, rounds int) {
	t.Helper()
	rights := []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER", "REFERENCES"}
	byColumn := []string{"SELECT", "INSERT", "UPDATE", "REFERENCES"}
	for round := range rounds {
		draw := rand.New(rand.NewPCG(1, uint64(round)))
		b.exec("REVOKE ALL, GRANT OPTION FROM " + b.app + "@'%'")
		var said []string
		for range 1 + draw.IntN(6) {
			object := []string{"{db}.*", "{db}.a", "{db}.b"}[draw.IntN(3)]
			right := rights[draw.IntN(len(rights))]
			if object != "{db}.*" && draw.IntN(2) == 0 {
				right = byColumn[draw.IntN(len(byColumn))] + []string{" (id)", " (v)", " (id, v)"}[draw.IntN(3)]
			}
			g := "GRANT " + right + " ON " + object + " TO {app}"
			if draw.IntN(4) == 0 {
				g += " WITH GRANT OPTION"
			}
			said = append(said, g)
			b.exec(b.fill(g))
		}
		raiseAndLift(t, b, true)
		if t.Failed() {
			t.Fatalf("round %d: %q", round, said)
		}
	}
}
