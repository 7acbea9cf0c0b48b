package preflight

import (
	"strings"
	"testing"

	"tandem/internal/cloud"
)

// TestCommandsOfTheClouds: commands have the real names, and change nothing else.
func TestCommandsOfTheClouds(t *testing.T) {
	t.Parallel()
	v := func(change func(*state)) *server {
		s := managed()
		change(s)
		return s.on(Target)
	}
	source := func(flags map[string]string) *server {
		s := managed()
		s.SourceCloud.Instance.Flags = flags
		return s.on(Source)
	}
	asItIs := func(*state) {}
	for _, c := range []struct{ name, got, want string }{
		{"the first flag", source(nil).set("local_infile", "on"), "gcloud sql instances patch courier --project=proj --database-flags='local_infile=on'"},
		{"flags that are set", source(map[string]string{"a": "1", "local_infile": "off"}).set("local_infile", "on"),
			"gcloud sql instances patch courier --project=proj --database-flags='a=1,local_infile=on'"},
		{"a value with a comma", source(map[string]string{"sql_mode": "A,B"}).set("local_infile", "on"),
			"gcloud sql instances patch courier --project=proj --database-flags='^;^local_infile=on;sql_mode=A,B'"},
		{"dynamic", v(asItIs).set("local_infile", "1"), "aws rds modify-db-cluster-parameter-group --region ap-northeast-1 --db-cluster-parameter-group-name courier " +
			"--parameters ParameterName=local_infile,ParameterValue=1,ApplyMethod=immediate"},
		{"static, and its name", v(func(s *state) { s.TargetCloud.Parameters[1].Modifiable = true }).set("gtid_mode", "ON"),
			"aws rds modify-db-cluster-parameter-group --region ap-northeast-1 --db-cluster-parameter-group-name courier " +
				"--parameters ParameterName=gtid-mode,ParameterValue=ON,ApplyMethod=pending-reboot; " +
				"aws rds reboot-db-instance --region ap-northeast-1 --db-instance-identifier one"},
		{"fixed", v(func(s *state) { s.TargetCloud.Parameters = []cloud.Parameter{{Name: "binlog_row_image"}} }).set("binlog_row_image", "FULL"),
			"this engine version does not let one change binlog_row_image: use another, or ask AWS"},
		{"no writer now", v(func(s *state) { s.TargetCloud.Cluster.Members = nil }).reboot(), "aws rds reboot-db-instance --region ap-northeast-1 --db-instance-identifier WRITER"},
	} {
		if c.got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, c.got, c.want)
		}
	}
	own := v(func(s *state) { s.TargetCloud.Cluster.ParameterGroup = "default.aurora-mysql8.0" }).set("local_infile", "1")
	for _, want := range []string{"--db-parameter-group-family aurora-mysql8.0", "--db-cluster-parameter-group-name courier-prod-tandem --parameters ParameterName=local_infile"} {
		if !strings.Contains(own, want) {
			t.Errorf("the default group: %q does not say %q", own, want)
		}
	}
}

func TestSameValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"ON", "on", true}, {"1", "on", true}, {"OFF", "on", false}, {"A,B", "b,a", true}, {"A", "A,B", false},
		{"2.000000", "2", true}, {"134217728", "130000000", true}, {"134217728", "64000000", false}, {"", "x", false},
	} {
		if got := sameValue(c.a, c.b); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
	if !combined("sql_mode", "TRADITIONAL") || combined("sql_mode", "STRICT_ALL_TABLES") {
		t.Error("combined modes")
	}
}
