package mysqldb

import "testing"

func TestGrants(t *testing.T) {
	var g Grants
	g.Roles = []string{"`active`@`%`"}
	for _, line := range []string{
		"GRANT USAGE, REPLICATION SLAVE ON *.* TO `u`@`%`",
		"GRANT BINLOG_ADMIN ON *.* TO `u`@`%` WITH GRANT OPTION",
		"GRANT SELECT, INSERT ON `app`.* TO `u`@`%`",
		"GRANT DELETE ON `ten\\_%`.* TO `u`@`%`",
		"GRANT ALL PRIVILEGES ON `all`.* TO 'u'@'%'",
		"GRANT UPDATE ON `app`.`one``table` TO `u`@`%`",
		"GRANT REFERENCES (`a`, `b`), CREATE ON `app`.`cols` TO `u`@`%`",
		"GRANT EXECUTE ON FUNCTION `app`.`f` TO `u`@`%`",
		"GRANT PROXY ON ``@`` TO `u`@`%`",
		"GRANT `active`@`%`,`idle`@`%` TO `u`@`%`",
		"GRANT ALTER ON *.* TO `u`@`%`",
		"REVOKE ALTER ON `closed`.* FROM `u`@`%`",
		"",
	} {
		g.add(line)
	}
	for _, c := range []struct {
		priv, schema, table string
		want                bool
	}{
		{"SELECT", "app", "", true},
		{"SELECT", "app", "t", true},
		{"SELECT", "other", "", false},
		{"DELETE", "ten_1", "", true},
		{"DELETE", "tenx1", "", false},
		{"DROP", "all", "t", true},
		{"GRANT OPTION", "all", "t", false},
		{"UPDATE", "app", "one`table", true},
		{"UPDATE", "app", "", false},
		{"REFERENCES", "app", "cols", false},
		{"CREATE", "app", "cols", true},
		{"EXECUTE", "app", "", false},
		{"ALTER", "app", "", true},
		{"ALTER", "closed", "", false},
	} {
		if got := g.Has(c.priv, c.schema, c.table); got != c.want {
			t.Errorf("%s on %s.%s: %v", c.priv, c.schema, c.table, got)
		}
	}
	for priv, want := range map[string]bool{"REPLICATION SLAVE": true, "BINLOG_ADMIN": true, "SELECT": false, "DROP": false} {
		if got := g.HasGlobal(priv); got != want {
			t.Errorf("%s: %v", priv, got)
		}
	}
	if len(g.Inactive) != 1 || g.Inactive[0] != "`idle`@`%`" {
		t.Errorf("inactive roles %q", g.Inactive)
	}
}

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]string{
		"8.0.36-google": "8.0.36", "5.6.24-log": "5.6.24", "9.7.4": "9.7.4", "8.4": "8.4.0", "10.11.6-MariaDB-1:10.11.6": "10.11.6",
	} {
		if v, err := ParseVersion(text); err != nil || v.String() != want {
			t.Errorf("%q: %v, %v", text, v, err)
		}
	}
	if _, err := ParseVersion("beta"); err == nil {
		t.Error("no error")
	}
	if !V(8, 0, 30).AtLeast(8, 0, 30) || V(8, 0, 29).AtLeast(8, 0, 30) || !V(9, 0, 0).AtLeast(8, 4, 9) {
		t.Error("order")
	}
}

func TestFlavour(t *testing.T) {
	for want, v := range map[Flavour]variables{
		Community: {"version": "9.7.4", "version_comment": "MySQL Community Server - GPL"},
		CloudSQL:  {"version": "8.0.31-google", "version_comment": "(Google)"},
		Aurora:    {"version": "8.0.39", "version_comment": "Source distribution", "aurora_version": "3.08.0", "basedir": "/rdsdbbin/x/"},
		RDS:       {"version": "8.0.39", "version_comment": "Source distribution", "basedir": "/rdsdbbin/mysql-8.0.39/"},
		MariaDB:   {"version": "10.11.6-MariaDB", "version_comment": "mariadb.org binary distribution"},
		Percona:   {"version": "8.0.36-28", "version_comment": "Percona Server (GPL), Release 28"},
	} {
		if got := flavour(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}
