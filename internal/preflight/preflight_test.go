package preflight

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
	"strings"
	"testing"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

func open(t *testing.T, s *sandbox.Server, side, user, password string) *sql.DB {
	t.Helper()
	db, err := mysqldb.Open(t.Context(), mysqldb.Endpoint{
		Name: side + " " + s.Addr(), Network: "tcp", Addr: s.Addr(), User: user,
		Password: func(context.Context) (string, error) { return password, nil },
	}, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// input is what a replicator with the sandbox's user sees when it starts.
func input(t *testing.T, p *sandbox.Pair, database string) Input {
	t.Helper()
	in := Input{
		Source:     open(t, p.Source, "source", sandbox.UserTandem, p.Source.Password()),
		Target:     open(t, p.Target, "target", sandbox.UserTandem, p.Target.Password()),
		Tables:     func(n schema.Name) bool { return n.Schema == database },
		Only:       Starting,
		SourcePath: Path{Local: true}, TargetPath: Path{Local: true},
	}
	return withFacts(t, in)
}

func withFacts(t *testing.T, in Input) Input {
	t.Helper()
	var err error
	if in.SourceFacts, err = mysqldb.LoadFacts(t.Context(), in.Source); err != nil {
		t.Fatal(err)
	}
	if in.TargetFacts, err = mysqldb.LoadFacts(t.Context(), in.Target); err != nil {
		t.Fatal(err)
	}
	return in
}

func mustRun(t *testing.T, in Input) []Finding {
	t.Helper()
	all, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(f Finding) bool { return f.Severity == NotApplicable })
}

// brief writes findings as id:severity:side, but for what does not apply.
func brief(all []Finding) []string {
	var s []string
	for _, f := range all {
		if f.Severity == NotApplicable {
			continue
		}
		s = append(s, f.ID+":"+string(f.Severity)+":"+string(f.Side))
	}
	return s
}

func TestSoundPair(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"9.7": sandboxtest.Shared, "5.6": sandboxtest.Shared56,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pair(t)
			sandboxtest.Exec(t, p.SourceDB(t), "CREATE TABLE a (id int PRIMARY KEY, v varchar(9)) ENGINE=InnoDB",
				"CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a (id)) ENGINE=InnoDB")
			in := input(t, p.Pair, p.Database)
			in.Only = nil
			// What an old source and a new target can not have in common.
			expected := map[string]bool{"sql-mode": name == "5.6", "server-defaults": name == "5.6", "version-reverse": name == "5.6"}
			for _, f := range mustRun(t, in) {
				if f.Severity != Info && !expected[f.ID] {
					t.Errorf("unexpected: %+v", f)
				}
			}
		})
	}
}

func TestUnsoundServers(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Pair(t,
		sandboxtest.WithSourceArgs("--gtid-mode=OFF", "--binlog-row-image=MINIMAL", "--binlog-row-value-options=PARTIAL_JSON",
			"--binlog-row-metadata=MINIMAL", "--binlog-expire-logs-seconds=3600"),
		sandboxtest.WithTargetArgs("--max-allowed-packet=1M", "--local-infile=0",
			"--skip-log-bin", "--gtid-mode=OFF"))
	sandboxtest.Exec(t, sandboxtest.RootDB(t, p.Target, ""), "SET GLOBAL super_read_only=ON")
	got := brief(mustRun(t, input(t, p, "nothing")))
	want := []string{
		"binlog-row-image:block:source", "binlog-partial-json:block:source", "binlog-row-metadata:info:source",
		"binlog-retention:warn:source", "gtid-source:block:source", "writable:block:target", "gtid-target:warn:target",
		"local-infile:warn:target", "max-allowed-packet:block:target",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q\nwant  %q", got, want)
	}
}

func TestUnsoundTables(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	sandboxtest.Exec(t, p.SourceDB(t), "CREATE TABLE m (id int PRIMARY KEY) ENGINE=MyISAM", "CREATE TABLE k (a int, UNIQUE KEY (a))",
		"CREATE TABLE parent (id int PRIMARY KEY)",
		"CREATE TABLE child (id int PRIMARY KEY, FOREIGN KEY (id) REFERENCES parent (id))")
	sandboxtest.Exec(t, sandboxtest.RootDB(t, p.Target, ""), "SET GLOBAL event_scheduler=ON", "CREATE DATABASE "+p.Database,
		"CREATE TABLE "+p.Database+".k (a int, UNIQUE KEY (a))",
		"CREATE TRIGGER "+p.Database+".`t 1` BEFORE INSERT ON "+p.Database+".k FOR EACH ROW SET @x=1",
		"CREATE TRIGGER "+p.Database+"._tandem_guard BEFORE UPDATE ON "+p.Database+".k FOR EACH ROW SET @x=1",
		"CREATE EVENT "+p.Database+".e1 ON SCHEDULE EVERY 1 DAY DO SET @x=1",
		"CREATE EVENT "+p.Database+".e2 ON SCHEDULE EVERY 1 DAY DISABLE DO SET @x=1")
	in := input(t, p.Pair, p.Database)
	in.Tables = func(n schema.Name) bool { return n.Schema == p.Database && n.Table != "parent" }
	all := mustRun(t, in)
	all = slices.DeleteFunc(all, func(f Finding) bool { return f.Severity == Info })
	want := []string{"triggers-target:block:target", "events-target:block:target", "table-engine:block:source",
		"table-key:warn:source", "foreign-key:block:source"}
	if got := brief(all); !slices.Equal(got, want) {
		t.Fatalf("found %q\nwant  %q", got, want)
	}
	evidence := []string{"t 1 on k", "e1", "m (MyISAM)", ".k", "child refers to"}
	for i, f := range all {
		if !strings.Contains(f.Evidence, evidence[i]) || strings.Contains(f.Evidence, "e2") || strings.Contains(f.Evidence, "guard") {
			t.Errorf("%s: evidence %q", f.ID, f.Evidence)
		}
		if f.Fix == "" || f.What == "" {
			t.Errorf("%s: %+v", f.ID, f)
		}
	}
	if got := len(Blocked(all)); got != 4 {
		t.Errorf("%d block", got)
	}
}

func TestMissingPrivileges(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	user, role := "poor_"+p.Database, "role_"+p.Database
	sandboxtest.Exec(t, p.SourceDB(t), "CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE keyless (id int)")
	for _, s := range []*sandbox.Server{p.Source, p.Target} {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, s, ""), "CREATE USER "+user+" IDENTIFIED BY 'pw'", "CREATE ROLE "+role,
			"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO "+role,
			"GRANT "+role+" TO "+user, "GRANT SELECT ON `"+p.Database+"`.* TO "+user)
		t.Cleanup(func() {
			db, err := s.RootDB()
			if err != nil {
				t.Fatal(err)
			}
			for _, what := range []string{"USER " + user, "ROLE " + role} {
				if _, err := db.Exec("DROP " + what); err != nil {
					t.Error(err)
				}
			}
		})
	}
	in := withFacts(t, Input{
		Source: open(t, p.Source, "source", user, "pw"), Target: open(t, p.Target, "target", user, "pw"),
		Tables: func(n schema.Name) bool { return n.Schema == p.Database },
	})
	found := map[string]Finding{}
	for _, f := range mustRun(t, in) {
		found[f.ID] = f
	}
	source := found["privileges-source"]
	if source.Severity != Block || !strings.Contains(source.Fix, "SET DEFAULT ROLE ALL TO '"+user+"'@'%'") ||
		!strings.Contains(source.Fix, "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO") ||
		!strings.Contains(source.Fix, "GRANT LOCK TABLES ON `"+p.Database+"`.* TO") ||
		strings.Contains(source.Fix, "SELECT") {
		t.Errorf("source: %+v", source)
	}
	target := found["privileges-target"]
	if target.Severity != Block || !strings.Contains(target.Fix, "GRANT INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON `"+p.Database+"`.* TO") ||
		!strings.Contains(target.Fix, "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON `_tandem`.* TO") {
		t.Errorf("target: %+v", target)
	}
	// What the fix says makes the finding go away.
	sandboxtest.Exec(t, sandboxtest.RootDB(t, p.Source, ""), "SET DEFAULT ROLE ALL TO '"+user+"'@'%'",
		"GRANT LOCK TABLES ON `"+p.Database+"`.* TO '"+user+"'@'%'")
	in.Source = open(t, p.Source, "source", user, "pw")
	for _, f := range mustRun(t, in) {
		if f.ID == "privileges-source" {
			t.Errorf("still there: %+v", f)
		}
	}
}

func TestCheckThatFails(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	in := input(t, p.Pair, p.Database)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, in); err == nil {
		t.Error("no error from a cancelled run")
	}
	c := check{"made-up", TargetGroup, Target, func(context.Context, *state) ([]Finding, error) { return nil, sql.ErrNoRows }}
	got, err := c.findings(t.Context(), &state{})
	if err != nil || len(got) != 1 || got[0].Severity != Block || got[0].ID != "made-up" || got[0].Side != Target {
		t.Errorf("found %+v, %v", got, err)
	}
	// A server that is lost is not a finding about it.
	c.run = func(context.Context, *state) ([]Finding, error) { return nil, driver.ErrBadConn }
	if got, err := c.findings(t.Context(), &state{}); err == nil || got != nil {
		t.Errorf("lost connection: found %+v, %v", got, err)
	}
}

func TestUnknownCollation(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	s := &state{Input: input(t, p.Pair, p.Database)}
	column := schema.Column{Name: "v", Kind: schema.Text, Charset: "utf8mb3", Collation: "utf8mb3_general_ci"}
	s.tables = []*schema.Table{{Name: schema.Name{Schema: "d", Table: "t"}, Columns: []schema.Column{column}}}
	if found, err := checkCollations(t.Context(), s); err != nil || len(found) != 0 {
		t.Errorf("known: %+v, %v", found, err)
	}
	s.tables[0].Columns[0].Collation = "utf8mb4_uca1400_ai_ci"
	found, err := checkCollations(t.Context(), s)
	if err != nil || len(found) != 1 || found[0].Severity != Block || found[0].Evidence != "utf8mb4_uca1400_ai_ci (in d.t.v)" {
		t.Errorf("unknown: %+v, %v", found, err)
	}
}

func TestDatabaseCollation(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared56(t)
	sandboxtest.Exec(t, p.SourceDB(t), "ALTER DATABASE COLLATE utf8_bin", "CREATE TABLE a (id int PRIMARY KEY) ENGINE=InnoDB")
	target := sandboxtest.RootDB(t, p.Target, "")
	sandboxtest.Exec(t, target, "CREATE DATABASE "+p.Database+" COLLATE utf8mb4_bin")
	found := func() []string {
		all := mustRun(t, input(t, p.Pair, p.Database))
		return brief(slices.DeleteFunc(all, func(f Finding) bool { return f.Severity == Info }))
	}
	if got := found(); !slices.Equal(got, []string{"collation-database:warn:target"}) {
		t.Errorf("found %q", got)
	}
	sandboxtest.Exec(t, target, "ALTER DATABASE "+p.Database+" COLLATE utf8mb3_bin")
	if got := found(); len(got) != 0 {
		t.Errorf("found %q", got)
	}
}
