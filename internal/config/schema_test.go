package config

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"tandem/internal/yamlfile"
	"tandem/internal/yamlfile/yamltest"
)

// TestSchemaKeys proves that schema and struct know the same keys, everywhere.
func TestSchemaKeys(t *testing.T) {
	t.Parallel()
	schema, _ := yamltest.Schema(t, Schema())
	yamltest.SameKeys(t, schema, reflect.TypeFor[Config](), func(v reflect.Value) (bool, []string) {
		if c, ok := yamlfile.As[choice](v); ok {
			return true, c.choices()
		}
		_, ok := yamlfile.As[setter](v)
		return ok, nil
	})
	if diff := cmp.Diff(slices.Sorted(maps.Keys(appFormats)), yamltest.Texts(schema.Properties["app_config"].Items.Properties["format"].Enum)); diff != "" {
		t.Errorf("formats -code +schema\n%s", diff)
	}
}

// TestSchemaDefaults proves that the defaults an editor shows are those that hold.
func TestSchemaDefaults(t *testing.T) {
	t.Parallel()
	schema, _ := yamltest.Schema(t, Schema())
	cfg, err := Load("testdata/ok/cloud.yaml", noEnv, nil)
	if err != nil {
		t.Fatal(err)
	}
	holds := map[string]any{}
	for _, v := range cfg.Values() {
		holds[v.Path] = v.Value
	}
	seen := 0
	var walk func(path string, s *jsonschema.Schema)
	walk = func(path string, s *jsonschema.Schema) {
		if len(s.Default) > 0 {
			seen++
			want, _ := json.Marshal(holds[path])
			if path == "replicate.spool.dir" {
				want, _ = json.Marshal(strings.TrimPrefix(holds[path].(string), "testdata/ok/"))
			}
			if string(want) != string(s.Default) {
				t.Errorf("%s: default in the schema is %s, in the code %s", path, s.Default, want)
			}
		}
		for key, p := range s.Properties {
			walk(yamlfile.Join(path, key), p)
		}
	}
	walk("", schema)
	if seen < 5 {
		t.Errorf("only %d defaults in the schema", seen)
	}
}

func TestSchemaAcceptsTheExamples(t *testing.T) {
	t.Parallel()
	_, resolved := yamltest.Schema(t, Schema())
	files, _ := filepath.Glob("testdata/ok/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yamltest.Validate(resolved, data); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestSchemaAgreesWithLoad spoils a good file in one way at a time, in ways an
// editor can see: Load and the schema must both refuse it.
func TestSchemaAgreesWithLoad(t *testing.T) {
	t.Parallel()
	_, resolved := yamltest.Schema(t, Schema())
	good := `version: 1
migration: courier
source: {host: 10.0.0.1, port: 3306, user: tandem, password: {env: PW}, tls: {mode: off}}
target: {cloudsql: {instance: "example:us-central1:db"}, user: tandem}
tables: {include: ["courier.*"], exclude: ["courier.tmp_*"]}
groups: {reports: ["courier.report_*"]}
app_config: [{source: a.conf, target: b.conf, expect: {k: v}}]
replicate: {copy: {workers: 4, chunk_bytes: 4MiB}, spool: {memory: 64MiB}, validate: false, on_ddl: apply, server_id: 7, throttle: {commit_latency: 500ms, threads_running: 64, stream_lag: off, target_history: 0, query: {sql: "SELECT 1", on: target, above: 2.5}}}
`
	if _, err := Parse("tandem.yaml", []byte(good), noEnv, nil); err != nil {
		t.Fatal(err)
	}
	if err := yamltest.Validate(resolved, []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new string }{
		{"version: 1", "version: 2"},
		{"version: 1", "# none"},
		{"version: 1", "version: one"},
		{"migration: courier", "migration: Courier"},
		{"migration: courier", "migration: 1"},
		{"migration: courier", ""},
		{"host: 10.0.0.1", "host: [a]"},
		{"host: 10.0.0.1", "host: http://x"},
		{"host: 10.0.0.1, port: 3306", `dsn: "mysql://u:p@h"`},
		{"port: 3306", `port: "3306"`},
		{"port: 3306", "port: 70000"},
		{"port: 3306", "prot: 3306"},
		{"user: tandem, password", "user: 1, password"},
		{"password: {env: PW}", "password: hunter2"},
		{"password: {env: PW}", "password: {env: PW, file: x}"},
		{"password: {env: PW}", `password: {env: "not a name"}`},
		{"password: {env: PW}", "password: {command: pass}"},
		{"password: {env: PW}", "password: {secret: x}"},
		{"password: {env: PW}", "password: {vault: x}"},
		{"mode: off", "mode: prefer"},
		{"mode: off", "modus: off"},
		{"example:us-central1:db", "example:db"},
		{"example:us-central1:db", "example:us-central-1:db"},
		{`cloudsql: {instance: "example:us-central1:db"}`, "cloudsql: {}"},
		{`cloudsql: {instance: "example:us-central1:db"}`, "aurora: {cluster: a--b, region: us-east-1}"},
		{`cloudsql: {instance: "example:us-central1:db"}`, "aurora: {cluster: ab}"},
		{`cloudsql: {instance: "example:us-central1:db"}`, "aurora: {region: us-east-1}"},
		{`cloudsql: {instance: "example:us-central1:db"}`, "aurora: {cluster: ab, region: us-central1}"},
		{`include: ["courier.*"], `, ""},
		{`include: ["courier.*"]`, "include: []"},
		{`include: ["courier.*"]`, "include: courier.*"},
		{`include: ["courier.*"]`, `include: ["courier"]`},
		{`include: ["courier.*"]`, `include: ["a.b.c"]`},
		{"reports:", "default:"},
		{"reports:", "Reports:"},
		{`["courier.report_*"]`, "[]"},
		{"target: b.conf, ", ""},
		{"expect: {k: v}", "expect: {k: 1}"},
		{"expect: {k: v}", "format: toml"},
		{"workers: 4", "workers: 0"},
		{"workers: 4", "workers: 4.5"},
		{"chunk_bytes: 4MiB", "chunk_bytes: 4 apples"},
		{"on_ddl: apply", "on_ddl: skip"},
		{"server_id: 7", "server_id: -1"},
		{"commit_latency: 500ms", "commit_latency: 500"},
		{"commit_latency: 500ms", "commit_latency: never"},
		{"threads_running: 64", "threads_running: -1"},
		{"threads_running: 64", "threads_running: none"},
		{"threads_running: 64", "threads: 64"},
		{"stream_lag: off", "stream_lag: no"},
		{"above: 2.5", "above: much"},
		{", above: 2.5", ""},
		{"on: target, ", ""},
		{"on: target", "on: replica"},
		{`sql: "SELECT 1", `, ""},
		{"replicate:", "replication:"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%q is not in the good file", c.old)
		}
		var problems *Problems
		if _, err := Parse("tandem.yaml", []byte(bad), noEnv, nil); !errors.As(err, &problems) {
			t.Errorf("%q for %q: Load says %v", c.new, c.old, err)
		}
		if yamltest.Validate(resolved, []byte(bad)) == nil {
			t.Errorf("%q for %q: the schema accepts it", c.new, c.old)
		}
	}
}
