package iam

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/aws"
	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
	"tandem/internal/gcp"
	"tandem/internal/gcp/gcpfake"
)

// set is a set of permissions.
type set map[string]bool

func (s set) sorted() []string { return slices.Sorted(maps.Keys(s)) }

// statements reads the policy: the actions by Sid.
func statements(t *testing.T) map[string]set {
	t.Helper()
	text, err := os.ReadFile("aws-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Version   string
		Statement []struct {
			Sid, Effect      string
			Action, Resource any
		}
	}
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	if policy.Version != "2012-10-17" {
		t.Errorf("version %q", policy.Version)
	}
	all := map[string]set{}
	for _, s := range policy.Statement {
		if s.Effect != "Allow" || s.Resource == nil || all[s.Sid] != nil || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(s.Sid) {
			t.Errorf("%+v", s)
		}
		if s.Resource == "*" && s.Sid != "Read" {
			t.Errorf("%s is on everything", s.Sid)
		}
		all[s.Sid] = set{}
		list, many := s.Action.([]any)
		if !many {
			list = []any{s.Action}
		}
		for _, a := range list {
			all[s.Sid][fmt.Sprint(a)] = true
		}
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const region, cluster = "eu-west-1", "shop"

// awsPurposes are what tandem does in AWS, by the Sid of the statement for it.
var awsPurposes = map[string]func(t *testing.T, c *aws.Client, f *awsfake.Server){
	"Read": func(t *testing.T, c *aws.Client, _ *awsfake.Server) {
		facts, err := c.Cluster(t.Context(), region, cluster)
		must(t, err)
		_, err = c.ClusterOf(t.Context(), region, facts.Writer)
		must(t, err)
		_, err = c.Parameters(t.Context(), region, "group")
		must(t, err)
		_, err = c.Rights(t.Context(), region, cluster)
		must(t, err)
		_, err = c.Identity(t.Context(), region)
		must(t, err)
	},
	"Connect": func(t *testing.T, c *aws.Client, _ *awsfake.Server) {
		_, err := c.Token(t.Context(), region, "shop.example:3306", "tandem")
		must(t, err)
	},
	"Secrets": func(t *testing.T, c *aws.Client, f *awsfake.Server) {
		f.SetSecret(region, "db", "hunter2")
		_, err := c.Secrets().Read(t.Context(), "aws://"+region+"/db")
		must(t, err)
	},
	"Snapshots": func(t *testing.T, c *aws.Client, _ *awsfake.Server) {
		backups(t, c.Backups(region, cluster), "tandem-before")
	},
	"Parameters": func(t *testing.T, c *aws.Client, f *awsfake.Server) {
		must(t, c.SetParameters(t.Context(), region, "group", map[string]string{"binlog_format": "ROW", "local_infile": "1"}, true))
		must(t, c.SetParameters(t.Context(), region, "group", map[string]string{"local_infile": ""}, true))
		must(t, c.Reboot(t.Context(), region, "shop-1"))
	},
	"Dns": func(t *testing.T, c *aws.Client, f *awsfake.Server) {
		f.AddZone("Z1", awsfake.Record{Name: "db.example.com.", Type: "CNAME", TTL: 5, Values: []string{"a.example.com"}})
		records(t, c.DNS(), cloud.Record{Zone: "Z1", Name: "db.example.com", Type: "CNAME", TTL: 5 * time.Second, Values: []string{"a.example.com"}})
	},
	"Reports": func(t *testing.T, c *aws.Client, f *awsfake.Server) {
		f.AddBucket("reports")
		// The answer to the first write is lost, so it is looked at what is there.
		f.Fail(awsfake.Fault{Action: "s3:PutObject", Kind: awsfake.CutAfter, Times: 1})
		must(t, c.Store(region).Create(t.Context(), "reports", "run.json", "application/json", []byte("{}")))
	},
	"Clones": func(t *testing.T, c *aws.Client, f *awsfake.Server) {
		clones(t, c.Clones(region, cluster), "tandem-rehearsal", func() {
			// Somebody has protected the clone, and it goes all the same.
			f.Do(func(s *awsfake.State) { s.Clusters[region+"/tandem-rehearsal"].DeletionProtection = true })
		})
	},
	"Failover": func(t *testing.T, c *aws.Client, _ *awsfake.Server) {
		must(t, c.Failover(t.Context(), region, cluster, ""))
	},
}

// free are what nobody needs a permission for.
var free = set{"sts:GetCallerIdentity": true}

// local are what no call to AWS tells of: a token is signed here, and the database
// asks whether its owner may connect.
var local = map[string]set{"Connect": {"rds-db:connect": true}}

func TestPolicyIsWhatIsUsed(t *testing.T) {
	t.Parallel()
	have := statements(t)
	used := map[string]set{}
	for sid, do := range awsPurposes {
		f := awsfake.New(t)
		f.AddGroup(awsfake.Group{Region: region, Name: "group", Parameters: []awsfake.Parameter{
			{Name: "binlog_format", Static: true, Modifiable: true}, {Name: "local_infile", Modifiable: true}}})
		f.AddCluster(awsfake.Cluster{ID: cluster, Region: region, ParameterGroup: "group", Members: []*awsfake.Member{{ID: "shop-1", Writer: true}, {ID: "shop-2"}}})
		do(t, f.Client(t), f)
		used[sid] = set{}
		for _, c := range f.Calls() {
			for _, action := range append([]string{c.Action}, c.Also...) {
				if !free[action] {
					used[sid][action] = true
				}
			}
		}
		for action := range local[sid] {
			used[sid][action] = true
		}
	}
	compare(t, have, used, "Read")
}

// gcpFiles are the roles' files by purpose.
func gcpFiles(t *testing.T) map[string]set {
	t.Helper()
	files, err := filepath.Glob("gcp-role*.yaml")
	must(t, err)
	all := map[string]set{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		must(t, err)
		purpose := strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(f, "gcp-role"), ".yaml"), "-")
		all[purpose] = set{}
		for _, line := range strings.Split(string(text), "\n") {
			if p, is := strings.CutPrefix(line, "- "); is {
				all[purpose][p] = true
			}
		}
		for _, key := range []string{"title: ", "description: ", "stage: GA\n", "includedPermissions:\n"} {
			if !strings.Contains(string(text), key) {
				t.Errorf("%s has no %q", f, key)
			}
		}
	}
	return all
}

const instance = "project:europe-west1:shop"

// gcpPurposes are what tandem does in Google Cloud, by the file of the role for it.
var gcpPurposes = map[string]func(t *testing.T, c *gcp.Client, f *gcpfake.Server){
	"": func(t *testing.T, c *gcp.Client, f *gcpfake.Server) {
		_, err := c.Instance(t.Context(), instance)
		must(t, err)
		_, err = c.Flags(t.Context(), "MYSQL_8_0")
		must(t, err)
		_, err = c.Users(t.Context(), instance)
		must(t, err)
		_, err = c.LatestBackups(t.Context(), instance)
		must(t, err)
		_, err = c.ReadOnly(instance).Get(t.Context())
		must(t, err)
		_, err = c.Permissions(t.Context(), "project", []string{"cloudsql.instances.get"})
		must(t, err)
		for _, o := range []gcp.DialOptions{{}, {IAM: true}} {
			d, err := c.Dialer(t.Context(), o)
			must(t, err)
			conn, err := d.Dial(t.Context(), instance)
			must(t, err)
			must(t, conn.Close())
			must(t, d.Close())
		}
	},
	"secrets": func(t *testing.T, c *gcp.Client, f *gcpfake.Server) {
		f.Secret("projects/project/secrets/db", "hunter2")
		_, err := c.Secrets().Read(t.Context(), "gcp://projects/project/secrets/db")
		must(t, err)
	},
	"steps": func(t *testing.T, c *gcp.Client, f *gcpfake.Server) {
		must(t, c.ReadOnly(instance).Set(t.Context(), true))
		_, err := c.SetFlags(t.Context(), instance, func(flags map[string]string) error { flags["local_infile"] = "on"; return nil })
		must(t, err)
		must(t, c.SetUserRoles(t.Context(), instance, cloud.User{Name: "root", Host: "%", Kind: "BUILT_IN", Roles: []string{"app"}}))
		backups(t, c.Backups(instance), "tandem-before")
	},
	"dns": func(t *testing.T, c *gcp.Client, f *gcpfake.Server) {
		r := cloud.Record{Project: "project", Zone: "zone", Name: "db.example.com", Type: "CNAME", TTL: 5 * time.Second, Values: []string{"a.example.com"}}
		f.Record(r)
		// The answer to the first change is lost, so it is looked for.
		f.Fail(gcpfake.Fault{API: "dns.changes.create", After: true})
		records(t, c.DNS(), r)
	},
	"reports": func(t *testing.T, c *gcp.Client, f *gcpfake.Server) {
		f.Bucket("reports")
		// The answer to the first write is lost, so it is looked at what is there.
		f.Fail(gcpfake.Fault{API: "storage.objects.insert", After: true})
		must(t, c.Store().Create(t.Context(), "reports", "run.json", "application/json", []byte("{}")))
		if err := c.Store().Create(t.Context(), "reports", "run.json", "application/json", []byte("[]")); err == nil {
			t.Error("overwritten")
		}
	},
	"clones": func(t *testing.T, c *gcp.Client, _ *gcpfake.Server) {
		clones(t, c.Clones(instance), "tandem-rehearsal", func() {})
	},
}

func TestRolesAreWhatIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]set{}
	for purpose, do := range gcpPurposes {
		f := gcpfake.New(t)
		f.Instance(instance, "127.0.0.1:1")
		do(t, f.Client(t), f)
		used[purpose] = set{}
		for _, c := range f.Calls() {
			for _, p := range c.Permissions {
				if p != "cloudresourcemanager.projects.testIamPermissions" { // that is the API's name: everybody may
					used[purpose][p] = true
				}
			}
		}
	}
	compare(t, gcpFiles(t), used, "")
}

// compare wants each document to have what is used for its purpose, and not what
// the base has already, which everybody is given.
func compare(t *testing.T, have, used map[string]set, base string) {
	t.Helper()
	for purpose, permissions := range used {
		if purpose == base {
			continue
		}
		for p := range used[base] {
			delete(permissions, p)
		}
	}
	a, b := map[string][]string{}, map[string][]string{}
	for purpose, s := range have {
		a[purpose] = s.sorted()
	}
	for purpose, s := range used {
		b[purpose] = s.sorted()
	}
	if d := cmp.Diff(b, a); d != "" {
		t.Errorf("used (-), and in the documents (+):\n%s", d)
	}
}

func backups(t *testing.T, b cloud.Backups, name string) {
	t.Helper()
	_, err := b.Begin(t.Context(), name)
	must(t, err)
	_, err = b.Wait(t.Context(), name, func(cloud.Backup) {})
	must(t, err)
	_, err = b.Find(t.Context(), name)
	must(t, err)
	must(t, b.Remove(t.Context(), name))
}

func clones(t *testing.T, c cloud.Clones, name string, meanwhile func()) {
	t.Helper()
	tags := map[string]string{"tandem": "rehearsal"}
	_, err := c.Begin(t.Context(), name, tags)
	must(t, err)
	_, err = c.Wait(t.Context(), name, func(cloud.Clone) {})
	must(t, err)
	_, err = c.List(t.Context(), tags)
	must(t, err)
	meanwhile()
	must(t, c.Remove(t.Context(), name, tags))
}

func records(t *testing.T, d cloud.DNS, r cloud.Record) {
	t.Helper()
	before, err := d.Lookup(t.Context(), r)
	if err != nil {
		before = cloud.Record{}
	}
	after := r
	after.Values = []string{"b.example.com"}
	id, err := d.Change(t.Context(), before, after)
	must(t, err)
	must(t, d.Wait(t.Context(), after, id))
}
