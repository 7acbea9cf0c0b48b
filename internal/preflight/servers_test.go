package preflight

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/cloud"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// serverCase makes a check find something on real servers, where it found nothing
// before.
type serverCase struct {
	id   string
	want string // id:severity:side
	seen string // a part of the evidence
	// before and after set facts; source and target are statements, in which {db} is
	// the test's database.
	before, after  func(*Input)
	source, target []string
	old            bool // with a source of MySQL 5.6
}

func serverCases() []serverCase {
	one := func(d time.Duration) func(*Input) { return func(in *Input) { in.SourceFacts.BinlogRetention = d } }
	instance := func(i cloud.Instance) func(*Input) {
		return func(in *Input) { in.SourceCloud = &Cloud{Instance: &i} }
	}
	return []serverCase{
		{id: "copy-time", want: "copy-time:block:source", seen: "kept for 1m0s", before: one(24 * time.Hour), after: one(time.Minute)},
		{id: "disk", want: "disk:warn:source", seen: "storageAutoResize is off", before: instance(cloud.Instance{DiskGB: 1000, DiskAutoResize: true}),
			after: instance(cloud.Instance{Name: "courier", DiskGB: 1000})},
		{id: "target-empty", want: "target-empty:block:target", seen: "{db}.a",
			target: []string{"CREATE DATABASE {db}", "CREATE TABLE {db}.a (id int PRIMARY KEY)", "INSERT INTO {db}.a VALUES (1)"}},
		{id: "schema-differs", want: "schema-differs:block:target", seen: "column id is",
			target: []string{"CREATE DATABASE {db}", "CREATE TABLE {db}.a (id bigint PRIMARY KEY)"}},
		{id: "schema-differs", want: "schema-differs:warn:target", seen: "column v is missing", after: func(in *Input) { in.Resume = &change.GTIDSet{} },
			source: []string{"ALTER TABLE {db}.a ADD COLUMN v int"}, target: []string{"CREATE DATABASE {db}", "CREATE TABLE {db}.a (id int PRIMARY KEY)"}},
		{id: "connections", want: "connections:warn:source", seen: "max_connections", before: func(in *Input) { in.Connections = 1 },
			after: func(in *Input) { in.Connections = 100_000 }},
		{id: "table-options", want: "table-options:info:source", seen: "{db}.z (row_format=COMPRESSED KEY_BLOCK_SIZE=8)",
			source: []string{"CREATE TABLE {db}.z (id int PRIMARY KEY) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8"}},
		{id: "auto-increment", want: "auto-increment:warn:source", seen: "{db}.n.id (tinyint) is at 120 of 127",
			source: []string{"CREATE TABLE {db}.m (id tinyint AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=90",
				"CREATE TABLE {db}.n (id tinyint AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=120"}},
		{id: "definer", want: "definer:warn:target", seen: "nobody@% of view {db}.v",
			source: []string{"CREATE DEFINER='nobody'@'%' SQL SECURITY INVOKER VIEW {db}.v AS SELECT 1 AS one", "CREATE SQL SECURITY INVOKER VIEW {db}.w AS SELECT 1 AS one"}},
		{id: "event-scheduler", want: "event-scheduler:warn:target", seen: "{db}.e",
			before: func(in *Input) { in.SourceFacts.EventScheduler, in.TargetFacts.EventScheduler = true, false },
			source: []string{"CREATE EVENT {db}.e ON SCHEDULE EVERY 1 DAY DO SET @x=1", "CREATE EVENT {db}.off ON SCHEDULE EVERY 1 DAY DISABLE DO SET @x=1"}},
		{id: "tls", want: "tls:warn:target", seen: "Ssl_cipher is (empty)", after: func(in *Input) { in.TargetPath = Path{Host: "10.0.0.1"} }},
		{id: "reserved-word", want: "reserved-word:warn:target", seen: "RANK ({db}.r.rank)", old: true,
			source: []string{"CREATE TABLE {db}.r (id int PRIMARY KEY, `rank` int, `select` int) ENGINE=InnoDB"}},
		{id: "statement-charset", want: "statement-charset:warn:source", seen: "trigger {db}.greek (greek)",
			source: []string{"SET NAMES greek", "CREATE TRIGGER {db}.plain BEFORE INSERT ON {db}.a FOR EACH ROW SET @x='a'",
				"CREATE TRIGGER {db}.greek BEFORE INSERT ON {db}.a FOR EACH ROW SET @x='\xe1'", "SET NAMES utf8mb4"}},
		{id: "read-only-bypass", want: "read-only-bypass:info:target", seen: "'admin_{u}'@'%', 'holder_{u}'@'%'",
			target: []string{"CREATE USER admin_{u}", "GRANT CONNECTION_ADMIN ON *.* TO admin_{u}", "CREATE ROLE r_{u}", "GRANT CONNECTION_ADMIN ON *.* TO r_{u}",
				"CREATE USER holder_{u}", "GRANT r_{u} TO holder_{u}"}},
	}
}

// TestOnServers runs each check twice: before, and after.
func TestOnServers(t *testing.T) {
	t.Parallel()
	for i, c := range serverCases() {
		t.Run(fmt.Sprint(i, " ", c.id), func(t *testing.T) {
			t.Parallel()
			shared := sandboxtest.Shared
			if c.old {
				shared = sandboxtest.Shared56
			}
			p := shared(t)
			in := input(t, p.Pair, p.Database)
			in.Only = func(k Check) bool { return k.ID == c.id }
			fill := strings.NewReplacer("{db}", p.Database, "{u}", fmt.Sprint("of", i)).Replace
			t.Cleanup(func() { dropUsers(t, p.Target, fill("%_{u}")) })
			sandboxtest.Exec(t, p.SourceDB(t), "CREATE TABLE a (id int PRIMARY KEY) ENGINE=InnoDB")
			if c.before != nil {
				c.before(&in)
			}
			if got := brief(mustRun(t, in)); slices.Contains(got, c.want) && c.id != "read-only-bypass" {
				t.Fatalf("found before: %q", got)
			}
			for _, on := range []struct {
				server     *sandbox.Server
				statements []string
			}{{p.Source, c.source}, {p.Target, c.target}} {
				root := sandboxtest.RootDB(t, on.server, "")
				root.SetMaxOpenConns(1) // statements about the session
				for _, s := range on.statements {
					sandboxtest.Exec(t, root, fill(s))
				}
			}
			if c.after != nil {
				c.after(&in)
			}
			all := mustRun(t, in)
			if !slices.ContainsFunc(all, func(f Finding) bool {
				return brief([]Finding{f})[0] == c.want && strings.Contains(f.Evidence, fill(c.seen)) && f.What != "" && (f.Fix != "" || f.Severity == Info)
			}) {
				t.Errorf("want %s with %q, found %+v", c.want, fill(c.seen), all)
			}
		})
	}
}

// dropUsers drops the accounts whose name fits a pattern.
func dropUsers(t *testing.T, s *sandbox.Server, pattern string) {
	t.Helper()
	db, err := s.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query("SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) FROM mysql.user WHERE User LIKE ?", pattern)
	if err != nil {
		t.Fatal(err)
	}
	var users []string
	for rows.Next() {
		var u string
		if err := rows.Scan(&u); err != nil {
			t.Fatal(err)
		}
		users = append(users, u)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if _, err := db.Exec("DROP USER " + u); err != nil {
			t.Error(err)
		}
	}
}

// TestServerStates makes, one after the other, what a shared server can not have.
func TestServerStates(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Pair(t, sandboxtest.WithSourceArgs("--binlog-ignore-db=hidden"))
	source, target := sandboxtest.RootDB(t, p.Source, ""), sandboxtest.RootDB(t, p.Target, "")
	sandboxtest.Exec(t, source, "CREATE DATABASE d", "CREATE TABLE d.t (id int PRIMARY KEY)")
	in := input(t, p, "d")
	only := func(in Input, id string) []string {
		t.Helper()
		in.Only = func(k Check) bool { return k.ID == id }
		return brief(mustRun(t, in))
	}
	expect := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", what, got, want)
		}
	}

	expect("nothing hidden", only(in, "binlog-filter"))
	sandboxtest.Exec(t, source, "CREATE DATABASE hidden", "CREATE TABLE hidden.t (id int PRIMARY KEY)")
	hides := in
	hides.Tables = func(n schema.Name) bool { return n.Schema == "hidden" }
	expect("hidden", only(hides, "binlog-filter"), "binlog-filter:block:source")

	expect("no replicas", append(only(in, "source-primary"), only(in, "target-replica")...))
	replica := "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=1"
	sandboxtest.Exec(t, source, replica)
	sandboxtest.Exec(t, target, replica)
	expect("replicas", append(only(in, "source-primary"), only(in, "target-replica")...), "source-primary:warn:source", "target-replica:block:target")
	silent := in
	silent.SourceFacts.LogReplicaUpdates = false
	expect("a replica without a log", only(silent, "source-primary"), "source-primary:block:source")
	silent.SourceFacts.Flavour = mysqldb.CloudSQL
	expect("a replica in Cloud SQL", only(silent, "source-primary"), "source-primary:block:source")
	sandboxtest.Exec(t, source, "RESET REPLICA ALL")
	sandboxtest.Exec(t, target, "RESET REPLICA ALL")
	asked := in
	asked.SourceCloud = &Cloud{Instance: &cloud.Instance{Kind: "READ_REPLICA_INSTANCE", Primary: "courier"}}
	asked.TargetCloud = &Cloud{Cluster: &cloud.Cluster{ID: "c", ReplicatesFrom: "arn", BlueGreen: []string{"bgd-1"}}}
	expect("replicas in the clouds", append(only(asked, "source-primary"), only(asked, "target-replica")...),
		"source-primary:block:source", "target-replica:block:target", "target-replica:block:target")

	expect("nothing open", append(only(in, "long-transactions"), only(in, "xa-prepared")...))
	tx, err := source.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO d.t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	expect("open for a moment", only(in, "long-transactions"))
	in.LongTransaction = time.Nanosecond
	// InnoDB makes its list anew once nobody has looked at it for a tenth of a second.
	for end := time.Now().Add(20 * time.Second); len(only(in, "long-transactions")) == 0 && time.Now().Before(end); {
		time.Sleep(200 * time.Millisecond)
	}
	expect("open for long", only(in, "long-transactions"), "long-transactions:warn:source")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	conn, err := source.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"XA START 'x'", "INSERT INTO d.t VALUES (2)", "XA END 'x'", "XA PREPARE 'x'"} {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	expect("prepared", only(in, "xa-prepared"), "xa-prepared:block:source")
	if _, err := conn.ExecContext(t.Context(), "XA ROLLBACK 'x'"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}

	for _, side := range []struct {
		side string
		db   *sql.DB
		at   **change.GTIDSet
	}{{"source", source, &in.Resume}, {"target", target, &in.ResumeBack}} {
		executed, err := mysqldb.Executed(t.Context(), side.db)
		if err != nil {
			t.Fatal(err)
		}
		*side.at = &executed
		id := "resume-" + side.side
		expect(id+" where it is", only(in, id))
		foreign, err := change.ParseGTIDSet("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5")
		if err != nil {
			t.Fatal(err)
		}
		foreign.Union(executed)
		*side.at = &foreign
		expect(id+" of another server", only(in, id), id+":block:"+side.side)
	}
	sandboxtest.Exec(t, source, "INSERT INTO d.t VALUES (3)", "FLUSH BINARY LOGS")
	var last string
	rows, err := source.Query("SHOW BINARY LOGS")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var size, encrypted string
		if err := rows.Scan(&last, &size, &encrypted); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, source, "PURGE BINARY LOGS TO '"+last+"'")
	in.Resume = &change.GTIDSet{}
	expect("purged", only(in, "resume-source"), "resume-source:block:source")
}

// TestAuroraRetention asks the procedure that Aurora has for it.
func TestAuroraRetention(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Pair(t)
	root := sandboxtest.RootDB(t, p.Target, "")
	in := input(t, p, "d")
	in.Only = func(k Check) bool { return k.ID == "binlog-retention-target" }
	in.TargetFacts.Flavour = mysqldb.Aurora
	for _, c := range []struct{ answer, want string }{
		{"", "binlog-retention-target:info:target"}, // no such procedure
		{"NULL", "binlog-retention-target:warn:target"},
		{"24", "binlog-retention-target:warn:target"},
		{"168", "binlog-retention-target:info:target"},
	} {
		sandboxtest.Exec(t, root, "DROP PROCEDURE IF EXISTS mysql.rds_show_configuration")
		if c.answer != "" {
			sandboxtest.Exec(t, root, "CREATE PROCEDURE mysql.rds_show_configuration() SELECT 'binlog retention hours' AS name, "+c.answer+" AS value, 'd' AS description")
		}
		all := mustRun(t, in)
		if got := brief(all); !slices.Equal(got, []string{c.want}) || c.answer != "" && !strings.Contains(all[0].Evidence, c.answer) {
			t.Errorf("%q: found %+v", c.answer, all)
		}
	}
}

// TestRightsByTrying gives users what they lack, and looks that neither the server
// nor its binlog knows of it.
func TestRightsByTrying(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]func(testing.TB, ...sandboxtest.Option) *sandbox.Pair{"9.7": sandboxtest.Pair, "5.6": sandboxtest.Pair56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := shared(t)
			in := input(t, p, "d")
			for _, s := range []*sandbox.Server{p.Source, p.Target} {
				root := sandboxtest.RootDB(t, s, "")
				sandboxtest.Exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (id int PRIMARY KEY) ENGINE=InnoDB",
					"CREATE VIEW d.v AS SELECT 1 AS one", "CREATE USER poor IDENTIFIED BY 'pw'", "GRANT SELECT ON *.* TO poor",
					"CREATE USER rich IDENTIFIED BY 'pw'", "GRANT ALL ON *.* TO rich")
			}
			rich := withFacts(t, Input{Source: open(t, p.Source, "source", "rich", "pw"), Target: open(t, p.Target, "target", "rich", "pw"), Tables: in.Tables})
			poor := withFacts(t, Input{Source: open(t, p.Source, "source", "poor", "pw"), Target: open(t, p.Target, "target", "poor", "pw"), Tables: in.Tables})
			before := [2]string{executed(t, p.Source), executed(t, p.Target)}
			rights := []string{"privileges-source", "privileges-target", "privileges-effective", "privileges-reverse", "privileges-objects"}
			only := func(in Input) Input {
				in.Only = func(k Check) bool { return slices.Contains(rights, k.ID) }
				return in
			}
			if got := brief(mustRun(t, only(rich))); len(got) > 0 {
				t.Errorf("rich: found %q", got)
			}
			want := []string{"privileges-source:block:source", "privileges-target:block:target", "privileges-reverse:warn:source",
				"privileges-reverse:warn:target", "privileges-objects:warn:source", "privileges-objects:warn:target"}
			if got := brief(mustRun(t, only(poor))); !slices.Equal(got, want) {
				t.Errorf("poor: found %q, want %q", got, want)
			}
			// Grants that promise what the server refuses.
			s, err := load(t.Context(), rich)
			if err != nil {
				t.Fatal(err)
			}
			s.Source, s.Target = poor.Source, poor.Target
			found, err := checkEffective(t.Context(), s)
			if err != nil || len(found) != 2 || !strings.Contains(found[0].Evidence, "REPLICATION SLAVE") || !strings.Contains(found[1].Evidence, "CREATE ON `_tandem`") {
				t.Errorf("promised: %+v, %v", found, err)
			}
			// And grants that do not tell what the server lets the user do.
			s, err = load(t.Context(), poor)
			if err != nil {
				t.Fatal(err)
			}
			s.Source, s.Target = rich.Source, rich.Target
			for _, check := range []func(context.Context, *state) ([]Finding, error){checkSourcePrivileges, checkTargetPrivileges} {
				found, err := check(t.Context(), s)
				// There is no way to try REFERENCES.
				if err != nil || len(found) > 1 || len(found) == 1 && strings.Count(found[0].Fix, "GRANT REFERENCES ON") != strings.Count(found[0].Fix, "GRANT ") {
					t.Errorf("not promised: %+v, %v", found, err)
				}
			}
			if after := [2]string{executed(t, p.Source), executed(t, p.Target)}; after != before {
				t.Errorf("trying has left something in a binlog: %v before, %v after", before, after)
			}
		})
	}
}

func executed(t *testing.T, s *sandbox.Server) string {
	t.Helper()
	set, err := mysqldb.Executed(t.Context(), sandboxtest.RootDB(t, s, ""))
	if err != nil {
		t.Fatal(err)
	}
	return set.String()
}

// TestTriggersAfterHandover: triggers belong to the side that owns a table, and are
// in the way on the other.
func TestTriggersAfterHandover(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	trigger := "CREATE TRIGGER " + p.Database + ".x BEFORE INSERT ON " + p.Database + ".a FOR EACH ROW SET @x=1"
	sandboxtest.Exec(t, p.SourceDB(t), "CREATE TABLE a (id int PRIMARY KEY)", trigger)
	sandboxtest.Exec(t, sandboxtest.RootDB(t, p.Target, ""), "CREATE DATABASE "+p.Database, "CREATE TABLE "+p.Database+".a (id int PRIMARY KEY)", trigger)
	in := input(t, p.Pair, p.Database)
	in.Only = func(k Check) bool { return k.ID == "triggers-target" }
	for _, c := range []struct {
		handedOver bool
		want       string
	}{{false, "triggers-target:block:target"}, {true, "triggers-target:block:source"}} {
		in.HandedOver = func(schema.Name) bool { return c.handedOver }
		if got := brief(mustRun(t, in)); !slices.Equal(got, []string{c.want}) {
			t.Errorf("handed over %v: found %q", c.handedOver, got)
		}
	}
}

func TestNearlyFullDisk(t *testing.T) {
	for _, c := range []struct {
		bytes int64
		disk  cloud.Instance
		fires bool
	}{
		{90 << 30, cloud.Instance{DiskGB: 100}, true},
		{90 << 30, cloud.Instance{DiskGB: 100, DiskAutoResize: true}, false},
		{90 << 30, cloud.Instance{DiskGB: 100, DiskAutoResize: true, DiskLimitGB: 110}, true},
		{80 << 30, cloud.Instance{DiskGB: 100, DiskAutoResize: true, DiskLimitGB: 110}, false},
	} {
		found, err := diskOf(&c.disk, c.bytes, "data takes much")
		if err != nil || len(found) > 0 != c.fires {
			t.Errorf("%+v: found %+v, %v", c, found, err)
		}
	}
}
