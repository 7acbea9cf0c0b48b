package preflight

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// sound is a state in which no check that needs no server finds anything.
func sound() *state {
	v, err := mysqldb.ParseVersion("8.4.2")
	if err != nil {
		panic(err)
	}
	f := mysqldb.Facts{
		Version: v, Flavour: mysqldb.Community, ServerUUID: "a", ServerID: 1, GTIDMode: "ON", LogBin: true, BinlogFormat: "ROW",
		BinlogRowImage: "FULL", BinlogRowMetadata: "FULL", MaxAllowedPacket: 1 << 26, LocalInfile: true,
		NativeForeignKeys: true,
	}
	s := &state{Input: Input{SourceFacts: f, TargetFacts: f}}
	s.TargetFacts.ServerUUID = "b"
	s.tables = []*schema.Table{{
		Name: schema.Name{Schema: "d", Table: "t"}, Engine: "InnoDB",
		Columns: []schema.Column{{Name: "id", Kind: schema.Int}},
		Keys:    []schema.Key{{Name: "PRIMARY", Primary: true, Unique: true, Parts: []schema.KeyPart{{}}}},
	}}
	return s
}

// managed is a sound state of two managed servers.
func managed() *state {
	s := sound()
	s.Now = func() time.Time { return time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC) }
	fresh := s.Now().Add(-time.Hour)
	s.SourceCloud = &Cloud{
		Instance: &cloud.Instance{
			Project: "proj", Region: "asia-northeast1", Name: "courier", ConnectionName: "proj:asia-northeast1:courier", State: "RUNNABLE",
			Kind: "CLOUD_SQL_INSTANCE", Tier: "db-custom-4-16384", Availability: "REGIONAL", ActivationPolicy: "ALWAYS", DeletionProtection: true,
			BackupsEnabled: true, BinlogEnabled: true, TransactionLogState: "DISK", DiskGB: 100, DiskAutoResize: true,
			Flags: map[string]string{"local_infile": "on", "sql_mode": "B,A"}, DenyMaintenance: []cloud.Period{{First: "11-01", Last: "12-31"}},
		},
		Users:   []cloud.User{{Name: "app", Host: "%", Kind: "BUILT_IN", Roles: []string{"app_role"}}, {Name: "root", Host: "%", Kind: "BUILT_IN"}},
		Backups: []cloud.Backup{{ID: "1", Status: "SUCCESSFUL", Done: true, End: fresh}},
	}
	s.sourceVars = vars{"local_infile": "ON", "sql_mode": "A,B"}
	s.TargetCloud = &Cloud{
		Cluster: &cloud.Cluster{
			ID: "courier-prod", Region: "ap-northeast-1", Status: "available", Writer: "courier-prod.cluster-x.ap-northeast-1.rds.amazonaws.com",
			ParameterGroup: "courier", DeletionProtection: true, LatestRestorable: fresh,
			Members: []cloud.Member{{ID: "one", Writer: true, Class: "db.r7g.large", ParameterStatus: "in-sync"}, {ID: "two", Class: "db.r7g.large", ParameterStatus: "in-sync"}},
		},
		Parameters: []cloud.Parameter{{Name: "local_infile", Modifiable: true}, {Name: "gtid-mode", Static: true}},
	}
	s.TargetPath.Host = s.TargetCloud.Cluster.Writer
	s.targetVars = vars{"aurora_enhanced_binlog": "OFF"}
	return s
}

// factCase breaks one thing of a sound state.
type factCase struct {
	name string
	run  func(*state)
	want []string
}

// plainCases are about plain servers, managedCases about managed ones.
func plainCases() []factCase {
	old := mysqldb.V(5, 6, 1)
	return []factCase{
		{"sound", func(*state) {}, nil},
		{"mariadb", func(s *state) { s.SourceFacts.Flavour = mysqldb.MariaDB; s.TargetFacts.Flavour = mysqldb.MariaDB },
			[]string{"flavour:block:source", "flavour:block:target"}},
		{"same server", func(s *state) { s.TargetFacts.ServerUUID = "a" }, []string{"same-server:block:both"}},
		{"old source", func(s *state) { s.SourceFacts.Version, s.SourceFacts.BinlogOrderCommits = old, true }, []string{"version-source:block:source", "version-reverse:info:both"}},
		{"commits out of order", func(s *state) { s.SourceFacts.Version = mysqldb.V(5, 6, 24) }, []string{"binlog-order-commits:block:source", "version-reverse:info:both"}},
		{"older target", func(s *state) { s.TargetFacts.Version = mysqldb.V(8, 0, 99) }, []string{"version-pair:block:both"}},
		{"older patch", func(s *state) { s.TargetFacts.Version = mysqldb.V(8, 4, 0) }, nil},
		{"no binlog", func(s *state) { s.SourceFacts.LogBin = false }, []string{"binlog:block:source"}},
		{"mixed", func(s *state) { s.SourceFacts.BinlogFormat = "MIXED" }, []string{"binlog-format:block:source"}},
		{"minimal", func(s *state) { s.SourceFacts.BinlogRowImage = "MINIMAL" }, []string{"binlog-row-image:block:source"}},
		{"partial json", func(s *state) { s.SourceFacts.BinlogRowValueOptions = "PARTIAL_JSON" }, []string{"binlog-partial-json:block:source"}},
		{"no metadata", func(s *state) { s.SourceFacts.BinlogRowMetadata = "MINIMAL" }, []string{"binlog-row-metadata:info:source"}},
		{"short retention", func(s *state) { s.SourceFacts.BinlogRetention = time.Hour }, []string{"binlog-retention:warn:source"}},
		{"long retention", func(s *state) { s.SourceFacts.BinlogRetention = 1000 * time.Hour }, []string{"binlog-retention:info:source"}},
		{"no gtid", func(s *state) { s.SourceFacts.GTIDMode = "OFF_PERMISSIVE" }, []string{"gtid-source:block:source"}},
		{"no way back", func(s *state) { s.TargetFacts.LogBin = false }, []string{"gtid-target:warn:target"}},
		{"read only", func(s *state) { s.TargetFacts.ReadOnly = true }, []string{"writable:block:target"}},
		{"reader", func(s *state) { s.TargetFacts.InnoDBReadOnly = true }, []string{"writable:block:target"}},
		{"no load data", func(s *state) { s.TargetFacts.LocalInfile = false }, []string{"local-infile:warn:target"}},
		{"case", func(s *state) { s.TargetFacts.LowerCaseTableNames = 1 }, []string{"table-name-case:block:both"}},
		{"packet", func(s *state) { s.TargetFacts.MaxAllowedPacket = 1 << 20 }, []string{"max-allowed-packet:block:target"}},
		{"engine", func(s *state) { s.tables[0].Engine = "MyISAM" }, []string{"table-engine:block:source"}},
		{"keyless", func(s *state) { s.tables[0].Keys = nil }, []string{"table-key:warn:source"}},
		{"key required", func(s *state) { s.tables[0].Keys = nil; s.TargetFacts.RequirePrimaryKey = true },
			[]string{"table-key:warn:source", "table-key:block:target"}},
		{"key generated", func(s *state) { s.tables[0].Keys[0].Primary = false; s.TargetFacts.GeneratePrimaryKey = true },
			[]string{"table-key:block:target"}},
		{"type", func(s *state) { s.tables[0].Columns[0].Kind = schema.Unknown }, []string{"column-type:block:source"}},
		{"foreign key", func(s *state) {
			s.tables[0].ForeignKeys = []schema.ForeignKey{{Parent: schema.Name{Schema: "d", Table: "p"}}}
		}, []string{"foreign-key:block:source"}},
		{"label", func(s *state) {
			s.tables[0].Columns[0] = schema.Column{Name: "e", Kind: schema.Enum, Type: "enum('?')", Charset: "utf8mb4", Members: []string{"?"}}
		}, []string{"label:warn:source"}},
		{"plain label", func(s *state) {
			s.tables[0].Columns[0] = schema.Column{Name: "e", Kind: schema.Enum, Type: "enum('?')", Charset: "latin1", Members: []string{"?"}}
		}, nil},
		{"own foreign key", func(s *state) { s.tables[0].ForeignKeys = []schema.ForeignKey{{Parent: s.tables[0].Name}} }, nil},

		{"no number", func(s *state) { s.SourceFacts.ServerID = 0 }, []string{"server-id:block:source"}},
		{"tandem's number", func(s *state) { s.ServerID = s.SourceFacts.ServerID }, []string{"server-id:block:source"}},
		{"no checksum", func(s *state) { s.SourceFacts.BinlogChecksum = "NONE" }, []string{"binlog-checksum:warn:source"}},
		{"compressed", func(s *state) { s.TargetFacts.BinlogTransactionCompressed = true }, []string{"binlog-compression:info:target"}},
		{"time zone", func(s *state) { s.SourceFacts.TimeZone, s.TargetFacts.TimeZone = "Asia/Tokyo", "UTC" }, []string{"time-zone:warn:both"}},
		{"same time zone", func(s *state) {
			s.SourceFacts.TimeZone, s.SourceFacts.SystemTimeZone, s.TargetFacts.TimeZone = "SYSTEM", "UTC", "+00:00"
		}, nil},
		{"sql_mode", func(s *state) { s.SourceFacts.SQLMode, s.TargetFacts.SQLMode = "", "STRICT_TRANS_TABLES" }, []string{"sql-mode:warn:both"}},
		{"same sql_mode", func(s *state) { s.SourceFacts.SQLMode, s.TargetFacts.SQLMode = "B,NO_AUTO_CREATE_USER,A", "A,B" }, nil},
		{"session defaults", func(s *state) {
			s.sourceVars, s.targetVars = vars{"innodb_strict_mode": "OFF", "tx_isolation": "X"}, vars{"innodb_strict_mode": "ON", "transaction_isolation": "X"}
		}, []string{"server-defaults:warn:both"}},
		{"encryption wanted", func(s *state) { s.TargetFacts.RequireSecureTransport = true }, []string{"secure-transport:warn:both"}},
		{"vector", func(s *state) { s.tables[0].Columns[0].Kind = schema.Vector }, []string{"column-target:block:target"}},
		{"invisible", func(s *state) {
			s.tables[0].Columns[0].Invisible = true
			s.SourceFacts.Version, s.TargetFacts.Version = mysqldb.V(8, 0, 23), mysqldb.V(8, 0, 22)
		}, []string{"column-target:block:target"}},
		{"foreign key to no key", func(s *state) {
			s.TargetFacts.RestrictForeignKeyNonStandard = true
			s.tables[0].ForeignKeys = []schema.ForeignKey{{Name: "f", Parent: s.tables[0].Name, ParentCols: []string{"other"}}}
		}, []string{"foreign-key-standard:block:target"}},
		{"foreign key to a key", func(s *state) {
			s.TargetFacts.RestrictForeignKeyNonStandard = true
			s.tables[0].ForeignKeys = []schema.ForeignKey{{Name: "f", Parent: s.tables[0].Name, ParentCols: []string{"ID"}}}
		}, nil},
		{"cascade", func(s *state) {
			s.tables[0].ForeignKeys = []schema.ForeignKey{{Parent: s.tables[0].Name, OnDelete: "CASCADE"}}
		}, []string{"foreign-key-cascade:info:source"}},
		{"cascade in the binlog", func(s *state) {
			s.SourceFacts.NativeForeignKeys = false
			s.tables[0].ForeignKeys = []schema.ForeignKey{{Parent: s.tables[0].Name, OnDelete: "CASCADE"}}
		}, nil},
		{"float key", func(s *state) { s.tables[0].Columns[0].Kind = schema.Double }, []string{"key-order:warn:source"}},
		{"text key", func(s *state) { s.tables[0].Columns[0].Kind = schema.Text }, []string{"key-order:info:source"}},
		{"many tables", func(s *state) {
			for i := range manyTables {
				t := *s.tables[0]
				t.Table = fmt.Sprint("t", i)
				s.tables = append(s.tables, &t)
			}
		}, []string{"table-count:warn:source"}},
		{"gh-ost", func(s *state) {
			t := *s.tables[0]
			t.Table = "_t_gho"
			s.tables = append(s.tables, &t)
		}, []string{"online-schema-change:warn:source"}},
		{"a name with an underscore", func(s *state) { s.tables[0].Table = "_other_new" }, nil},
		{"images back", func(s *state) { s.TargetFacts.BinlogRowImage = "MINIMAL" }, []string{"binlog-row-image-target:warn:target"}},
		{"documents back", func(s *state) { s.TargetFacts.BinlogRowValueOptions = "PARTIAL_JSON" }, []string{"binlog-partial-json-target:warn:target"}},
		{"short retention back", func(s *state) { s.TargetFacts.BinlogRetention = time.Hour }, []string{"binlog-retention-target:warn:target"}},
		{"source takes no writes", func(s *state) { s.SourceFacts.ReadOnly = true }, []string{"writable-source:warn:source"}},
		{"newer target", func(s *state) { s.TargetFacts.Version = mysqldb.V(9, 7, 0) }, []string{"version-reverse:info:both"}},
		{"no stream", func(s *state) { s.Stream = func(_ context.Context, on Side) error { return errors.New("refused") } },
			[]string{"stream-source:block:source", "stream-target:warn:target"}},
		{"stream", func(s *state) { s.Stream = func(context.Context, Side) error { return nil } }, nil},
		{"endpoint of a reader", func(s *state) {
			s.TargetFacts.Flavour, s.TargetPath.Host = mysqldb.Aurora, "c.cluster-ro-x.eu-west-1.rds.amazonaws.com"
		}, []string{"target-endpoint:block:target"}},
		{"endpoint of an instance", func(s *state) {
			s.TargetFacts.Flavour, s.TargetPath.Host = mysqldb.Aurora, "one.x.eu-west-1.rds.amazonaws.com"
		}, []string{"target-endpoint:warn:target"}},
	}
}

func managedCases() []factCase {
	instance := func(change func(*cloud.Instance)) func(*state) {
		return func(s *state) { change(s.SourceCloud.Instance) }
	}
	cluster := func(change func(*cloud.Cluster)) func(*state) {
		return func(s *state) { change(s.TargetCloud.Cluster) }
	}
	return []factCase{
		{"sound", func(*state) {}, nil},
		{"no binlog", instance(func(i *cloud.Instance) { i.BinlogEnabled = false }), []string{"binlog:block:source"}},
		{"short logs", func(s *state) {
			s.SourceFacts.BinlogRetention, s.SourceCloud.Instance.TransactionLogDays = 1000*time.Hour, 1
		}, []string{"binlog-retention:warn:source"}},
		{"long logs", func(s *state) {
			s.SourceFacts.BinlogRetention, s.SourceCloud.Instance.TransactionLogDays = time.Hour, 7
		}, []string{"binlog-retention:warn:source"}},
		{"logs elsewhere", instance(func(i *cloud.Instance) { i.TransactionLogState = "CLOUD_STORAGE" }), []string{"transaction-log-state:info:source"}},
		{"logs on the way", instance(func(i *cloud.Instance) { i.TransactionLogState = "SWITCHING_TO_CLOUD_STORAGE" }), []string{"transaction-log-state:warn:source"}},
		{"maintenance", func(s *state) { s.SourceCloud.Instance.Maintenance = s.Now().Add(time.Hour) }, []string{"maintenance:warn:source"}},
		{"maintenance at any time", instance(func(i *cloud.Instance) { i.DenyMaintenance = nil }), []string{"maintenance:info:source"}},
		{"no backup", func(s *state) { s.SourceCloud.Backups[0].Status = "FAILED" }, []string{"backup:warn:source"}},
		{"old backup", func(s *state) { s.TargetCloud.Cluster.LatestRestorable = s.Now().AddDate(0, 0, -7) }, []string{"backup:warn:target"}},
		{"a snapshot will do", func(s *state) {
			s.TargetCloud.Cluster.LatestRestorable = time.Time{}
			s.TargetCloud.Backups = []cloud.Backup{{Status: "available", Done: true, End: s.Now()}}
		}, nil},
		{"stopped", instance(func(i *cloud.Instance) { i.State = "MAINTENANCE" }), []string{"cloud-state:block:source"}},
		{"does not start", instance(func(i *cloud.Instance) { i.ActivationPolicy = "NEVER" }), []string{"cloud-state:warn:source"}},
		{"failing over", cluster(func(c *cloud.Cluster) { c.Status = "failing-over" }), []string{"cloud-state:block:target"}},
		{"flag not in force", func(s *state) { s.sourceVars["local_infile"] = "OFF" }, []string{"flags-in-sync:warn:source"}},
		{"parameters not in force", cluster(func(c *cloud.Cluster) { c.Members[0].ParameterStatus = "pending-reboot" }), []string{"parameters-in-sync:block:target"}},
		{"a reader's parameters", cluster(func(c *cloud.Cluster) { c.Members[1].ParameterStatus = "pending-reboot" }), []string{"parameters-in-sync:warn:target"}},
		{"pending change", cluster(func(c *cloud.Cluster) { c.Pending = []string{"engine version"} }), []string{"parameters-in-sync:warn:target"}},
		{"no writer", cluster(func(c *cloud.Cluster) { c.Members[0].Writer = false }), []string{"target-endpoint:block:target"}},
		{"shared core", instance(func(i *cloud.Instance) { i.Tier = "db-f1-micro" }), []string{"capacity:warn:source"}},
		{"few units", cluster(func(c *cloud.Cluster) { c.MinACU, c.MaxACU = 0.5, 2 }), []string{"capacity:warn:target"}},
		{"pauses", cluster(func(c *cloud.Cluster) { c.MinACU, c.MaxACU = 0, 16 }), []string{"capacity:warn:target"}},
		{"burstable", cluster(func(c *cloud.Cluster) { c.Members[1].Class = "db.t3.medium" }), []string{"capacity:warn:target"}},
		{"one member", cluster(func(c *cloud.Cluster) { c.Members = c.Members[:1] }), []string{"single-member:info:target"}},
		{"one zone", instance(func(i *cloud.Instance) { i.Availability = "ZONAL" }), []string{"single-member:info:source"}},
		{"backtrack", cluster(func(c *cloud.Cluster) { c.BacktrackWindow = time.Hour }), []string{"backtrack:info:target"}},
		{"ssl mode", func(s *state) {
			s.TargetFacts.RequireSecureTransport, s.SourceCloud.Instance.SSLMode = true, "ENCRYPTED_ONLY"
		}, nil},
		{"enhanced binlog", func(s *state) { s.targetVars["aurora_enhanced_binlog"] = "1" }, []string{"enhanced-binlog:warn:target"}},
		{"instance unprotected", instance(func(i *cloud.Instance) { i.DeletionProtection = false }), []string{"deletion-protection:warn:source"}},
		{"cluster unprotected", cluster(func(c *cloud.Cluster) { c.DeletionProtection = false }), []string{"deletion-protection:warn:target"}},
		{"users without a role", func(s *state) { s.SourceCloud.Users[0].Roles = nil }, []string{"cloudsql-superuser:warn:source"}},
		{"superusers", func(s *state) { s.SourceCloud.Users[0].Roles = []string{"cloudsqlsuperuser"} }, []string{"cloudsql-superuser:warn:source"}},
		{"permission", func(s *state) { s.SourceCloud.Lacking = []Permission{{Name: "cloudsql.users.list"}} }, []string{"cloud-permissions:warn:source"}},
		{"permission for some", func(s *state) {
			s.SourceCloud.Lacking = []Permission{{Name: "cloudsql.instances.clone", For: "to rehearse", Optional: true}}
		}, []string{"cloud-permissions:info:source"}},
		{"not told", func(s *state) {
			s.TargetCloud.Unread = []Unread{{ReadBackups, cloud.ErrDenied}}
			s.TargetCloud.Cluster.LatestRestorable = time.Time{}
		}, []string{"cloud-permissions:warn:target"}},
	}
}

// TestChecks breaks one thing at a time. The checks that need a server's
// answers are tested on real ones.
func TestChecks(t *testing.T) {
	for _, kind := range []struct {
		name  string
		state func() *state
		cases []factCase
	}{{"plain", sound, plainCases()}, {"managed", managed, managedCases()}} {
		for _, c := range kind.cases {
			t.Run(kind.name+" "+c.name, func(t *testing.T) {
				s := kind.state()
				c.run(s)
				all := onFacts(t, s)
				if got := brief(all); !slices.Equal(got, c.want) {
					t.Errorf("found %q, want %q", got, c.want)
				}
				for _, f := range all {
					if f.What == "" || f.Severity != NotApplicable && f.Evidence == "" || (f.Severity == Block || f.Severity == Warn) && f.Fix == "" {
						t.Errorf("not told well: %+v", f)
					}
				}
			})
		}
	}
}

// onFacts runs the checks that need no server. How long Aurora keeps binlogs only a
// server tells.
func onFacts(t *testing.T, s *state) (all []Finding) {
	t.Helper()
	for _, check := range checks {
		if needsServer[check.id] || s.on(Target).flavour() == mysqldb.Aurora && check.id == "binlog-retention-target" {
			continue
		}
		found, err := check.findings(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

// needsServer are the checks that ask a server. Each names the test in which it
// finds something, and nothing.
var needsServer = map[string]bool{
	"privileges-source": true, "privileges-target": true, "triggers-target": true, "events-target": true, "collation": true, "collation-database": true,
	"guard-rights": true, "binlog-filter": true, "copy-time": true, "resume-source": true, "resume-target": true, "source-primary": true,
	"target-replica": true, "long-transactions": true, "xa-prepared": true, "disk": true, "target-empty": true, "schema-differs": true,
	"connections": true, "table-options": true, "auto-increment": true, "statement-charset": true, "reserved-word": true, "definer": true,
	"event-scheduler": true, "tls": true, "privileges-effective": true, "privileges-objects": true, "read-only-bypass": true, "privileges-reverse": true,
}

func TestFixesFitTheServer(t *testing.T) {
	for flavour, want := range map[mysqldb.Flavour]string{
		mysqldb.Community: "SET PERSIST local_infile = 'ON'",
		mysqldb.Aurora:    "set local_infile=ON in the DB cluster parameter group, and reboot the writer if the parameter is static",
	} {
		s := state{Input: Input{SourceFacts: mysqldb.Facts{Flavour: flavour, Version: mysqldb.V(8, 0, 36)}}}
		if got := s.on(Source).set("local_infile", "ON"); got != want {
			t.Errorf("%s: %q", flavour, got)
		}
	}
	if got := account("o'neil@10.%"); got != "'o''neil'@'10.%'" {
		t.Error(got)
	}
}
