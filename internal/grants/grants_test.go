package grants_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/grants"
	"tandem/internal/mysqldb"
	"tandem/internal/preflight"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"5.6": "5.6", "5.7.44": "5.7", "8.0": "8.0", "8.4.2": "8.4", "9": "9.0", "9.7": "9.7",
		"5.5": "", "6.0": "", "10.1": "", "x": "", "": "", "8.-1": ""} {
		v, err := grants.ParseVersion(text)
		if got := v.String(); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		server   grants.Server
		has, not []string
	}{
		{"cloud sql 5.7", grants.Server{Source: true, Family: grants.CloudSQL, Version: grants.Version{Major: 5, Minor: 7}, User: "tandem", Schemas: []string{"a_b"}},
			[]string{"cloudsqlsuperuser", "IDENTIFIED BY 'PASSWORD-OF-TANDEM'", "ON `a\\_b`.* TO 'tandem'@'%'", "ON `\\_tandem`.*", "LOCK TABLES", "mysql.proc"},
			[]string{"SHOW_ROUTINE", "CONNECTION_ADMIN", "SET_USER_ID", "SUPER ON", "ROLE_ADMIN", "YOUR_DATABASE"}},
		{"aurora 8.4 iam", grants.Server{Family: grants.Aurora, Version: grants.Version{Major: 8, Minor: 4}, User: "o'neil", Host: "10.%", IAM: true},
			[]string{"AWSAuthenticationPlugin AS 'RDS'", "REQUIRE SSL", "'o''neil'@'10.%'", "`YOUR_DATABASE`.*", "SET_ANY_DEFINER", "rds_set_read_only", "rds_show_configuration"},
			[]string{"IDENTIFIED BY", "SET_USER_ID", "LOCK TABLES", "SUPER", "SYSTEM_VARIABLES_ADMIN"}},
		{"cloud sql iam", grants.Server{Source: true, Family: grants.CloudSQL, Version: grants.Version{Major: 8}, User: "tandem", IAM: true},
			[]string{"cloud_iam_service_account", "SET_USER_ID"}, []string{"CREATE USER '", "SET_ANY_DEFINER"}},
		{"own 8.0", grants.Server{Source: true, Version: grants.Version{Major: 8}, Family: grants.Plain, User: "t", Patterns: []string{`app\_%`}},
			[]string{"-- GRANT SYSTEM_VARIABLES_ADMIN", "ON `app\\_%`.* TO"}, []string{"rds_", "REQUIRE SSL"}},
		{"own 5.6", grants.Server{Family: grants.Plain, Version: grants.Version{Major: 5, Minor: 6}, User: "t"},
			[]string{"-- GRANT SUPER"}, []string{"performance_schema", "\nGRANT SUPER"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := grants.Script(c.server)
			for _, s := range c.has {
				if !strings.Contains(text, s) {
					t.Errorf("does not say %q:\n%s", s, text)
				}
			}
			for _, s := range c.not {
				if strings.Contains(text, s) {
					t.Errorf("says %q:\n%s", s, text)
				}
			}
			fences := false
			for _, line := range strings.Split(text, "\n") {
				fences = fences || strings.HasPrefix(line, "-- Fences")
				if fences && line != "" && !strings.HasPrefix(line, "-- ") {
					t.Errorf("a right of a fence is not commented out: %s", line)
				}
			}
		})
	}
}

// TestEachRightIsMissed takes the rights away one by one, on both sides and on
// both ends of the versions, and looks that the one is named: by Missing, and by
// preflight where replication can not begin without it.
func TestEachRightIsMissed(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *sandboxtest.SharedPair{"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			for i, s := range p.Servers() {
				if s.Install().Is(sandbox.V56) || i == 0 || name == "9.7" {
					eachRight(t, p, s, i == 0)
				}
			}
		})
	}
}

func eachRight(t *testing.T, p *sandboxtest.SharedPair, s *sandbox.Server, source bool) {
	root := sandboxtest.RootDB(t, s, "")
	if source {
		sandboxtest.Exec(t, root, "CREATE TABLE "+p.Database+".keyless (a INT)")
	} else {
		sandboxtest.Exec(t, root, "CREATE DATABASE IF NOT EXISTS "+p.Database)
	}
	server := grants.Server{Source: source, Family: grants.Plain, User: "x", Schemas: []string{p.Database},
		Version: grants.Version{Major: s.Install().Major, Minor: s.Install().Minor}}
	needs := slices.DeleteFunc(grants.Needs(server), func(n grants.Need) bool { return n.Part == grants.Fences })
	for i := -1; i < len(needs); i++ {
		server.User = fmt.Sprintf("r%d_%s", i+1, s.Name()[:3])
		var left, want []grants.Need
		for j, n := range needs {
			if j == i {
				want = append(want, n)
			} else {
				left = append(left, n)
			}
		}
		account := "'" + server.User + "'@'%'"
		sandboxtest.Exec(t, root, "CREATE USER "+account+" IDENTIFIED BY '"+s.Password()+"'")
		for _, st := range grants.Statements(server, left) {
			sandboxtest.Exec(t, root, strings.TrimSuffix(st.SQL, ";"))
		}
		db := sandboxtest.DB(t, s, server.User, "")
		have, err := mysqldb.LoadGrants(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		got := grants.Missing(server, &have, needs)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", s.Name(), d)
		}
		if i >= 0 && mustBlock(needs[i], source) {
			if fix := privilegeFix(t, p, db, source); !strings.Contains(fix, needs[i].Privilege) {
				t.Errorf("%s without %s on %s: preflight says %q", s.Name(), needs[i].Privilege, needs[i].Scope, fix)
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		sandboxtest.Exec(t, root, "DROP USER "+account)
	}
}

// mustBlock tells whether replication refuses to begin without a right.
func mustBlock(n grants.Need, source bool) bool {
	switch {
	case n.Part != grants.Replicate || n.Privilege == "PROCESS" || n.Privilege == "XA_RECOVER_ADMIN" || n.Privilege == "CREATE TEMPORARY TABLES":
		return false
	case source && n.Scope == grants.Own:
		return false // from 5.7 on it is for the way back
	}
	return true
}

// privilegeFix is what preflight says to type about the rights on one side.
func privilegeFix(t *testing.T, p *sandboxtest.SharedPair, db *sql.DB, source bool) string {
	t.Helper()
	in := preflight.Input{
		Source: sandboxtest.RootDB(t, p.Source, ""), Target: sandboxtest.RootDB(t, p.Target, ""),
		Tables: func(n schema.Name) bool { return n.Schema == p.Database },
		Only:   func(c preflight.Check) bool { return strings.HasPrefix(c.ID, "privileges-") },
	}
	if source {
		in.Source = db
	} else {
		in.Target = db
	}
	for _, side := range []struct {
		from *sql.DB
		to   *mysqldb.Facts
	}{{in.Source, &in.SourceFacts}, {in.Target, &in.TargetFacts}} {
		facts, err := mysqldb.LoadFacts(t.Context(), side.from)
		if err != nil {
			t.Fatal(err)
		}
		*side.to = facts
	}
	found, err := preflight.Run(context.Background(), in)
	if err != nil {
		return err.Error()
	}
	var fixes []string
	for _, f := range found {
		if f.Severity == preflight.Block {
			fixes = append(fixes, f.Fix)
		}
	}
	return strings.Join(fixes, "; ")
}
