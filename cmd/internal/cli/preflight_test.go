package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
	"tandem/internal/gcp/gcpfake"
	"tandem/internal/preflight"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// preflightOn runs the verb in this process and returns what it found.
func preflightOn(t *testing.T, p Process, config string, args ...string) (r preflightResult, stderr string, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tandem.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, said strings.Builder
	p.Env, p.Stdin, p.Stdout, p.Stderr = func(string) string { return "" }, strings.NewReader(""), &out, &said
	p.LookupEnv = func(string) (string, bool) { return "", false }
	a := newApp(p)
	defer a.clouds.close()
	root := newRootCommand(a)
	root.SetArgs(append([]string{"--config", file, "preflight", "-o", "json"}, args...))
	err := root.ExecuteContext(t.Context())
	if err != nil {
		a.report(err)
	}
	if out.Len() > 0 {
		if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
	}
	return r, said.String(), exitCode(err)
}

func findingsOf(r preflightResult, severities ...preflight.Severity) (all []string) {
	for _, f := range r.Findings {
		if slices.Contains(severities, f.Severity) {
			all = append(all, fmt.Sprintf("%s %s %s", f.Severity, f.Side, f.ID))
		}
	}
	return all
}

// TestPreflightInTheClouds: facts come from the clouds, commands have their names
// filled in, and what a cloud does not tell is said.
func TestPreflightInTheClouds(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Source, ""), "CREATE DATABASE shop", "CREATE TABLE shop.item (id int PRIMARY KEY)")
	google, amazon := gcpfake.New(t), awsfake.New(t)
	instance := google.Instance("example-project:europe-west1:courier", pair.Source.Addr())
	instance.Edit(func(i *sqladmin.DatabaseInstance) {
		i.Settings.DeletionProtectionEnabled = false
		i.Settings.BackupConfiguration.TransactionLogRetentionDays = 1
	})
	instance.SetUsers(cloud.User{Name: "app", Host: "%", Kind: "BUILT_IN"})
	amazon.AddCluster(awsfake.Cluster{
		ID: "courier-prod", Endpoint: pair.Target.Host(), Port: pair.Target.Port, ParameterGroup: "courier", DeletionProtection: true, LatestRestorable: time.Now(),
		Members: []*awsfake.Member{{ID: "courier-1", Writer: true, Host: pair.Target.Host(), Port: pair.Target.Port, Addr: pair.Target.Addr(), ParameterStatus: "pending-reboot"}},
	})
	amazon.AddGroup(awsfake.Group{Name: "courier"})
	config := fmt.Sprintf(`version: 1
migration: shop
source:
  cloudsql: {instance: "example-project:europe-west1:courier"}
  user: %s
  password: {file: %s}
target:
  aurora: {cluster: courier-prod, region: %s}
  user: %[1]s
  password: {file: %[4]s}
  tls: {mode: verify-ca, ca: %[5]s}
tables: {include: ["shop.*"]}
`, sandbox.UserTandem, passwordFile(t, pair.Source), awsfake.Region, passwordFile(t, pair.Target), filepath.Join(pair.Target.DataDir(), "ca.pem"))
	p := Process{GCP: google.Client(t), AWS: amazon.Client(t)}
	r, said, code := preflightOn(t, p, config)
	if code != 4 {
		t.Errorf("exit %d: %s", code, said)
	}
	got := findingsOf(r, preflight.Block, preflight.Warn)
	for _, want := range []string{
		"block target parameters-in-sync", "warn source binlog-retention", "warn source backup", "warn source deletion-protection", "warn source cloudsql-superuser",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("found %q, not %s", got, want)
		}
	}
	fixes := map[string]string{}
	for _, f := range r.Findings {
		fixes[f.ID+" "+string(f.Side)] = f.Fix
	}
	for id, want := range map[string]string{
		"deletion-protection source": "gcloud sql instances patch courier --project=example-project --deletion-protection",
		"parameters-in-sync target":  "aws rds reboot-db-instance --region " + awsfake.Region + " --db-instance-identifier courier-1",
		"binlog-retention source":    "--retained-transaction-log-days=7",
	} {
		if !strings.Contains(fixes[id], want) {
			t.Errorf("%s: fix %q, want %q", id, fixes[id], want)
		}
	}

	// Only the groups that are asked for.
	r, _, _ = preflightOn(t, p, config, "--only", "network,rights")
	for _, c := range r.Checks {
		if c.Group != preflight.NetworkGroup && c.Group != preflight.RightsGroup {
			t.Errorf("made %+v", c)
		}
	}

	// What is denied is left out, and named.
	google.Deny("cloudsql.users.list", "cloudsql.instances.clone")
	amazon.Fail(awsfake.Fault{Action: "rds:DescribeDBClusterParameters", Kind: awsfake.Denied, Times: -1})
	r, _, _ = preflightOn(t, p, config)
	seen := ""
	for _, f := range r.Findings {
		if f.ID == "cloud-permissions" {
			seen += fmt.Sprintf("%s %s: %s\n", f.Severity, f.Side, f.Evidence)
		}
	}
	for _, want := range []string{"warn source: cloudsql.users.list", "info source: cloudsql.instances.clone", "warn source: the users: ",
		"warn target: rds:DescribeDBClusterParameters", "warn target: the parameters: "} {
		if !strings.Contains(seen, want) {
			t.Errorf("does not say %q: %s", want, seen)
		}
	}
	for _, f := range r.Findings {
		for _, s := range pair.Servers() {
			if strings.Contains(f.Evidence+f.Fix+f.What, s.Password()) {
				t.Errorf("%s: tells a password", f.ID)
			}
		}
	}
}

func passwordFile(t *testing.T, s *sandbox.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(s.Password()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestPreflightAfterHandover: triggers of the target belong there once it owns the
// tables, and those of the source are in the way.
func TestPreflightAfterHandover(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	for _, s := range pair.Servers() {
		sandboxtest.Exec(t, sandboxtest.RootDB(t, s, ""), "CREATE DATABASE shop", "CREATE TABLE shop.item (id int PRIMARY KEY)", "CREATE DATABASE _tandem",
			"CREATE TABLE _tandem.ownership (migration varchar(64), group_name varchar(64), owner varchar(10), epoch bigint, PRIMARY KEY (migration, group_name))")
	}
	source, target := sandboxtest.RootDB(t, pair.Source, ""), sandboxtest.RootDB(t, pair.Target, "")
	trigger := "CREATE TRIGGER shop.x BEFORE INSERT ON shop.item FOR EACH ROW SET @x=1"
	sandboxtest.Exec(t, target, trigger)
	config := fmt.Sprintf(`version: 1
migration: shop
source: {host: 127.0.0.1, port: %d, user: %s, password: {file: %s}}
target: {host: 127.0.0.1, port: %d, user: %[2]s, password: {file: %[5]s}}
tables: {include: ["shop.*"]}
`, pair.Source.Port, sandbox.UserTandem, passwordFile(t, pair.Source), pair.Target.Port, passwordFile(t, pair.Target))
	blocks := func() []string {
		t.Helper()
		r, _, _ := preflightOn(t, Process{}, config, "--only", "triggers-target")
		return findingsOf(r, preflight.Block)
	}
	if got := blocks(); !slices.Equal(got, []string{"block target triggers-target"}) {
		t.Errorf("before the handover: %q", got)
	}
	sandboxtest.Exec(t, target, "INSERT INTO _tandem.ownership VALUES ('shop', 'default', 'target', 2)")
	if got := blocks(); len(got) > 0 {
		t.Errorf("after the handover: %q", got)
	}
	sandboxtest.Exec(t, source, trigger)
	if got := blocks(); !slices.Equal(got, []string{"block source triggers-target"}) {
		t.Errorf("after the handover, with a trigger on the source: %q", got)
	}
}
