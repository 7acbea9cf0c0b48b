package preflight

import (
	"slices"
	"testing"
	"time"

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
		Version: v, Flavour: mysqldb.Community, ServerUUID: "a", GTIDMode: "ON", LogBin: true, BinlogFormat: "ROW",
		BinlogRowImage: "FULL", BinlogRowMetadata: "FULL", MaxAllowedPacket: 1 << 26, LocalInfile: true,
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

// TestChecks breaks one thing at a time. The checks that need a server's
// answers are tested on real ones.
func TestChecks(t *testing.T) {
	old := mysqldb.V(5, 6, 1)
	for _, c := range []struct {
		name string
		run  func(*state)
		want []string
	}{
		{"sound", func(*state) {}, nil},
		{"mariadb", func(s *state) { s.SourceFacts.Flavour = mysqldb.MariaDB; s.TargetFacts.Flavour = mysqldb.MariaDB },
			[]string{"flavour:block:source", "flavour:block:target"}},
		{"same server", func(s *state) { s.TargetFacts.ServerUUID = "a" }, []string{"same-server:block:both"}},
		{"old source", func(s *state) { s.SourceFacts.Version, s.SourceFacts.BinlogOrderCommits = old, true }, []string{"version-source:block:source"}},
		{"commits out of order", func(s *state) { s.SourceFacts.Version = mysqldb.V(5, 6, 24) }, []string{"binlog-order-commits:block:source"}},
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
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sound()
			c.run(s)
			var all []Finding
			for _, check := range checks {
				if !needsServer[check.id] {
					found, err := check.findings(t.Context(), s)
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, found...)
				}
			}
			if got := brief(all); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			for _, f := range all {
				if f.What == "" || f.Evidence == "" || f.Severity != Info && f.Fix == "" {
					t.Errorf("not told well: %+v", f)
				}
			}
		})
	}
}

var needsServer = map[string]bool{
	"privileges-source": true, "privileges-target": true, "triggers-target": true, "events-target": true, "collation": true, "collation-database": true,
	"guard-rights": true,
}

func TestFixesFitTheServer(t *testing.T) {
	for flavour, want := range map[mysqldb.Flavour]string{
		mysqldb.Community: "SET PERSIST local_infile = 'ON'",
		mysqldb.Aurora:    "set local_infile=ON in the DB cluster parameter group, and reboot the writer if the parameter is static",
	} {
		f := mysqldb.Facts{Flavour: flavour, Version: mysqldb.V(8, 0, 36)}
		if got := set(&f, "local_infile", "ON"); got != want {
			t.Errorf("%s: %q", flavour, got)
		}
	}
	if got := account("o'neil@10.%"); got != "'o''neil'@'10.%'" {
		t.Error(got)
	}
}
