package schemadiff

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// accountCases make one difference between accounts each. Both servers have the
// account app@10.% with the grants of accountBase at first.
var accountCases = []struct {
	name, want     string
	source, target []string
	config         func(*Config)
	left           string
	old            bool // 5.6 can have it as its source
}{
	{name: "nothing", old: true},
	{name: "missing", old: true, want: "mismatch account-missing app@10.%", target: []string{"DROP USER app@'10.%'"},
		left: "info account-locked app@10.%"},
	{name: "extra", old: true, want: "warn account-extra other@%", target: []string{"CREATE USER other"}},
	{name: "ignored", old: true, target: []string{"CREATE USER other"}, config: func(c *Config) { c.IgnoreUsers = append(c.IgnoreUsers, "other") }},
	{name: "ignored account", old: true, target: []string{"CREATE USER other@h"}, config: func(c *Config) { c.IgnoreUsers = append(c.IgnoreUsers, "other@h") }},
	{name: "system accounts", old: true, source: []string{"CREATE USER cloudsqlobserver, root@'%'"}, target: []string{"CREATE USER rdsadmin, rds_more, `mysql.more`"}},
	{name: "renamed", old: true, target: []string{"RENAME USER app@'10.%' TO app2@'%'"},
		config: func(c *Config) { c.Accounts = map[string]string{"app@10.%": "app2@%"} }},
	{name: "renamed user", old: true, target: []string{"RENAME USER app@'10.%' TO app2@'10.%'", "REVOKE INSERT ON shop.* FROM app2@'10.%'"},
		want: "mismatch grant-missing app@10.% -> app2@10.% on shop.*", config: func(c *Config) { c.Accounts = map[string]string{"app": "app2"} }},
	{name: "left out", old: true, target: []string{"DROP USER app@'10.%'"}, config: func(c *Config) { c.Accounts = map[string]string{"app": ""} }},
	{name: "grant missing", old: true, want: "mismatch grant-missing app@10.% on shop.*", target: []string{"REVOKE INSERT ON shop.* FROM app@'10.%'"}},
	{name: "grant extra", old: true, want: "warn grant-extra app@10.% on shop.*", target: []string{"GRANT DROP ON shop.* TO app@'10.%'"}},
	{name: "global grant", old: true, want: "warn grant-extra app@10.% on *.*", target: []string{"GRANT FILE ON *.* TO app@'10.%'"}},
	{name: "global grant missing", old: true, want: "mismatch grant-missing app@10.% on *.*", source: []string{"GRANT PROCESS, REPLICATION CLIENT ON *.* TO app@'10.%'"}},
	{name: "all", old: true, source: []string{"GRANT ALL ON shop.* TO app@'10.%'"}, target: []string{"GRANT ALL ON shop.* TO app@'10.%'"}},
	{name: "not all", old: true, want: "mismatch grant-missing app@10.% on shop.*", source: []string{"GRANT ALL ON shop.* TO app@'10.%'"},
		target: []string{"GRANT ALL ON shop.* TO app@'10.%'", "REVOKE EVENT ON shop.* FROM app@'10.%'"}},
	{name: "grant option", old: true, want: "mismatch grant-missing app@10.% on shop.*", source: []string{"GRANT SELECT ON shop.* TO app@'10.%' WITH GRANT OPTION"}},
	{name: "grant option extra", old: true, want: "warn grant-extra app@10.% on shop.orders", target: []string{"GRANT SELECT ON shop.orders TO app@'10.%' WITH GRANT OPTION"}},
	{name: "pattern", old: true, want: "mismatch grant-missing app@10.% on sh%.*", source: []string{"GRANT SELECT ON `sh%`.* TO app@'10.%'"}},
	{name: "another database", old: true, source: []string{"GRANT SELECT ON elsewhere.* TO app@'10.%'", "GRANT SELECT ON `shop_`.* TO app@'10.%'"}},
	{name: "table", old: true, want: "mismatch grant-missing app@10.% on shop.orders", source: []string{"GRANT DELETE ON shop.orders TO app@'10.%'"}},
	{name: "columns", old: true, want: "mismatch grant-missing app@10.% on shop.orders", target: []string{"REVOKE UPDATE (total) ON shop.orders FROM app@'10.%'"}},
	{name: "routine", old: true, want: "mismatch grant-missing app@10.% on PROCEDURE shop.pay", target: []string{"REVOKE EXECUTE ON PROCEDURE shop.pay FROM app@'10.%'"}},
	{name: "plugin", want: "info account-plugin app@10.%", target: []string{"ALTER USER app@'10.%' IDENTIFIED WITH sha256_password BY 'secret-9'"}, left: "info account-plugin app@10.%"},
	{name: "locked", want: "info account-locked app@10.%", source: []string{"ALTER USER app@'10.%' ACCOUNT LOCK"}, left: "info account-locked app@10.%"},
	{name: "by a role", source: []string{"GRANT SELECT ON shop.more TO app@'10.%'"},
		target: []string{"CREATE ROLE reader", "GRANT SELECT ON shop.more TO reader", "GRANT reader TO app@'10.%'", "SET DEFAULT ROLE reader TO app@'10.%'"},
		want:   "info account-roles app@10.% warn account-extra reader@%", left: "mismatch grant-missing app@10.% on shop.more"},
	{name: "role not by default", source: []string{"GRANT SELECT ON shop.more TO app@'10.%'"}, target: []string{"CREATE ROLE reader", "GRANT SELECT ON shop.more TO reader", "GRANT reader TO app@'10.%'"},
		want: "info account-roles app@10.% mismatch grant-missing app@10.% on shop.more", left: "info account-roles app@10.%",
		config: func(c *Config) { c.IgnoreUsers = append(c.IgnoreUsers, "reader") }},
	{name: "role missing", source: []string{"CREATE ROLE reader", "GRANT SELECT ON shop.more TO reader"}, want: "mismatch account-missing reader@%"},
}

var accountBase = []string{
	"CREATE DATABASE shop",
	"CREATE TABLE shop.orders (id int PRIMARY KEY, total int)",
	"CREATE TABLE shop.more (id int PRIMARY KEY)",
	"CREATE PROCEDURE shop.pay() SELECT 1",
	"CREATE USER app@'10.%' IDENTIFIED BY 'secret-8'",
	"GRANT SELECT, INSERT ON shop.* TO app@'10.%'",
	"GRANT SELECT (id, total), UPDATE (total) ON shop.orders TO app@'10.%'",
	"GRANT EXECUTE ON PROCEDURE shop.pay TO app@'10.%'",
}

func TestAccounts(t *testing.T) {
	for _, version := range []struct {
		name string
		pair func(testing.TB, ...sandboxtest.Option) *sandbox.Pair
		old  bool
	}{{"9.7 to 9.7", sandboxtest.Pair, false}, {"5.6 to 9.7", sandboxtest.Pair56, true}} {
		t.Run(version.name, func(t *testing.T) {
			t.Parallel()
			p := version.pair(t)
			// The accounts of a server are one set: these cases run one by one.
			r := &rig{t: t, SharedPair: &sandboxtest.SharedPair{Pair: p, Database: "shop"}, source: openRoot(t, p.Source), target: openRoot(t, p.Target)}
			for _, c := range accountCases {
				if !version.old || c.old {
					r.accountCase(t, c.name, c.want, c.left, c.source, c.target, c.config)
				}
			}
		})
	}
}

func (r *rig) accountCase(t *testing.T, name, want, left string, source, target []string, change func(*Config)) {
	t.Helper()
	known := map[*sql.DB][]string{r.source: users(t, r.source), r.target: users(t, r.target)}
	for _, db := range []*sql.DB{r.source, r.target} {
		r.run(db, accountBase...)
	}
	r.run(r.source, source...)
	r.run(r.target, target...)
	config := Config{Source: r.source, Target: r.target, Tables: func(n schema.Name) bool { return n.Schema == "shop" },
		IgnoreUsers: []string{sandbox.UserTandem}}
	if change != nil {
		change(&config)
	}
	accountsOnly := func() (found []Finding) {
		for _, f := range r.compare(config) {
			isAccount := f.Kind == Account || f.Kind == Grant
			// 5.6 has another plugin for everybody.
			if isAccount && !(f.ID == "account-plugin" && name != "plugin") {
				found = append(found, f)
			}
		}
		return found
	}
	found := accountsOnly()
	if d := cmp.Diff(want, brief(found)); d != "" {
		show(t, found)
		t.Errorf("%s: findings (-want +got):\n%s", name, d)
	}
	if text, err := json.Marshal(found); err != nil || strings.Contains(string(text), "secret-") || strings.Contains(string(text), "PASSWORD '") || strings.Contains(string(text), "$A$") {
		t.Errorf("%s: a secret: %s, %v", name, text, err)
	}
	r.fix(found)
	if d := cmp.Diff(left, brief(accountsOnly())); d != "" {
		show(t, accountsOnly())
		t.Errorf("%s: findings after the fix (-want +got):\n%s", name, d)
	}
	for db, before := range known {
		r.run(db, "DROP DATABASE shop")
		for _, u := range users(t, db) {
			if !strings.Contains(strings.Join(before, ","), u) {
				r.run(db, "DROP USER "+u)
			}
		}
	}
}

func users(t *testing.T, db *sql.DB) (all []string) {
	t.Helper()
	err := rows(t.Context(), db, func(r *sql.Rows) error {
		var u string
		err := r.Scan(&u)
		all = append(all, u)
		return err
	}, "SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) FROM mysql.user")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAsCloudUser: what a cloud's user may do is enough for everything.
func TestAsCloudUser(t *testing.T) {
	for _, c := range versions {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.pair)
			statements := baseOf("database-", nil)
			if !c.modern {
				statements = append([]string{"CREATE TABLE parent (id int PRIMARY KEY, code int) ENGINE=InnoDB"}, baseObjects...)
			}
			r.run(r.source, statements...)
			as := func(s *sandbox.Server) *sql.DB {
				config := s.Config(sandbox.UserTandem, "")
				return open(t, mysqldb.Endpoint{Name: s.Addr(), Addr: s.Addr(), User: sandbox.UserTandem,
					Password: password(config.Passwd)})
			}
			config := r.config()
			config.WithoutAccounts = false
			config.Source, config.Target = as(r.Source), as(r.Target)
			byRoot := r.config()
			byRoot.WithoutAccounts = false
			byRoot.IgnoreUsers = []string{sandbox.UserTandem}
			want, got := r.compare(byRoot), r.compare(config)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("findings (-by root, +by tandem):\n%s", d)
			}
			if len(got) < 7 {
				t.Errorf("%d findings only", len(got))
			}
		})
	}
}

// TestAccountsThatMayNotBeSeen is about a user without SELECT on mysql.user: that
// is said, and everything else compared.
func TestAccountsThatMayNotBeSeen(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Pair(t)
	r := &rig{t: t, SharedPair: &sandboxtest.SharedPair{Pair: p, Database: "shop"}, source: openRoot(t, p.Source), target: openRoot(t, p.Target)}
	r.run(r.source, "CREATE DATABASE shop", "CREATE TABLE shop.a (id int PRIMARY KEY)", "CREATE PROCEDURE shop.p() SELECT 1",
		"CREATE USER small IDENTIFIED BY 'secret-8'", "GRANT SELECT, EXECUTE ON shop.* TO small")
	config := r.config()
	config.WithoutAccounts = false
	config.Source = open(t, mysqldb.Endpoint{Name: "source", Addr: p.Source.Addr(), User: "small", Password: password("secret-8")})
	want := "mismatch database-missing shop mismatch table-missing shop.a warn procedure-unread shop.p warn accounts-unread source"
	found := r.compare(config)
	if d := cmp.Diff(want, brief(found)); d != "" {
		t.Error(d)
	}
	if !Unchecked(found) || Unchecked(found[:2]) {
		t.Error("what could not be compared is not marked, or something else is")
	}
}

// TestNothingToCompare: a pattern that matches nothing is no success.
func TestNothingToCompare(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Shared)
	config := r.config()
	config.Schemas = nil
	found := r.compare(config)
	if d := cmp.Diff("warn nothing-compared *", brief(found)); d != "" || !Unchecked(found) {
		t.Error(d)
	}
}

// TestFixTextForClient: MySQL's own client can run the text of all findings.
func TestFixTextForClient(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Shared)
	r.run(r.source, baseOf("database-", nil)...)
	r.run(r.source, "ALTER TABLE t COMMENT='a;b//c'", "CREATE PROCEDURE odd() BEGIN SELECT '//', ';'; END",
		"CREATE VIEW a2 AS SELECT id FROM parent", "CREATE VIEW a1 AS SELECT f(id) AS id FROM a2", "CREATE VIEW a0 AS SELECT a1.id FROM a1 JOIN a2 USING (id)")
	script := "SET NAMES utf8mb4;\n"
	for _, f := range r.compare(r.config()) {
		script += f.FixText() + "\n"
	}
	client, err := r.Target.Client(t.Context(), "--batch", "--loose-commands") // older clients know no such option, and need none
	if err != nil {
		t.Fatal(err)
	}
	client.Stdin = strings.NewReader(script)
	if out, err := client.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, script)
	}
	if left := r.compare(r.config()); len(left) > 0 {
		show(t, left)
		t.Error("findings are left")
	}
}

// TestDefiners: definers are mapped as accounts are, and one that the target
// lacks is said.
func TestDefiners(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Shared)
	r.run(r.source, "CREATE TABLE a (id int PRIMARY KEY)", "CREATE DEFINER=gone@nowhere PROCEDURE p() SELECT 1")
	r.create()
	config := r.config()
	config.WithoutAccounts, config.IgnoreUsers = false, []string{sandbox.UserTandem}
	found := r.compare(config)
	want := "warn procedure-missing " + r.Database + ".p"
	if d := cmp.Diff(want, brief(found)); d != "" || !strings.Contains(found[0].What, "its definer gone@nowhere is not on the target") {
		show(t, found)
		t.Fatal(d)
	}
	config.Accounts = map[string]string{"gone@nowhere": sandbox.UserRails + "@%"}
	found = r.compare(config)
	if d := cmp.Diff(want, brief(found)); d != "" || strings.Contains(found[0].What, "definer") {
		show(t, found)
		t.Fatal(d)
	}
	r.fix(found)
	if left := r.compare(config); len(left) > 0 {
		show(t, left)
		t.Error("findings are left")
	}
	config.Accounts = nil
	if d := cmp.Diff("info procedure-definer "+r.Database+".p", brief(r.compare(config))); d != "" {
		t.Error(d)
	}
}
