package render

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/jacoelho/xsd"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"

	"tandem/verify"
	"tandem/verify/schemadiff"
)

// TestSARIFIsValid holds what we write against the schema of the standard, by a
// validator that is not ours.
func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	for name, r := range results() {
		for _, artifact := range []string{"", "db/tandem.yaml"} {
			var b bytes.Buffer
			if err := SARIF(&b, r, SARIFOptions{Artifact: artifact}); err != nil {
				t.Fatal(err)
			}
			t.Run(name, func(t *testing.T) { checkSARIF(t, b.Bytes()) })
		}
	}
}

// TestSARIFCheckFinds makes sure that the check can fail.
func TestSARIFCheckFinds(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := SARIF(&b, FromRows(mismatches()), SARIFOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"level": "error"`, `"level": "bad"`}, {`"ruleIndex"`, `"rule_index"`}, {`"2.1.0"`, `"2.2.0"`}} {
		if problems := sarifProblems(t, bytes.ReplaceAll(b.Bytes(), []byte(change[0]), []byte(change[1]))); len(problems) == 0 {
			t.Errorf("nothing is wrong with %s", change[1])
		}
	}
}

func checkSARIF(t *testing.T, log []byte) {
	t.Helper()
	for _, problem := range sarifProblems(t, log) {
		t.Error(problem)
	}
	// A reader of the format understands it, and loses nothing of it.
	decoder := json.NewDecoder(bytes.NewReader(log))
	decoder.DisallowUnknownFields()
	var report sarif.Report
	if err := decoder.Decode(&report); err != nil {
		t.Fatal(err)
	}
	run := report.Runs[0]
	for _, result := range run.Results {
		rule := run.Tool.Driver.Rules[result.RuleIndex]
		if *rule.ID != *result.RuleID {
			t.Errorf("result of %s points at rule %s", *result.RuleID, *rule.ID)
		}
		for _, key := range []string{"tandem/v1", "primaryLocationLineHash"} {
			if result.PartialFingerprints[key] == "" {
				t.Errorf("no fingerprint %s", key)
			}
		}
	}
}

func sarifProblems(t *testing.T, log []byte) (problems []string) {
	t.Helper()
	result, err := gojsonschema.Validate(gojsonschema.NewStringLoader(sarifSchema(t)), gojsonschema.NewBytesLoader(log))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		problems = append(problems, e.String())
	}
	return problems
}

// sarifSchema is the schema of the standard. The module that we read SARIF with
// has it, in a constant of its own.
func sarifSchema(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(out)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, err = strconv.Unquote(literal.Value)
		}
		return true
	})
	if err != nil || !strings.Contains(text, "SARIF") {
		t.Fatalf("no schema: %v", err)
	}
	return text
}

func TestFingerprintsStay(t *testing.T) {
	t.Parallel()
	if fingerprint("a", "bc") == fingerprint("ab", "c") {
		t.Error("parts run into each other")
	}
	// Whoever changes this makes every known finding a new one.
	if got := fingerprint("missing", "courier.orders", "7"); got != "b59831f08044fba7ac9138eae634988b" {
		t.Errorf("got %s", got)
	}
}

// TestJUnitIsValid holds what we write against the form that CI systems read.
func TestJUnitIsValid(t *testing.T) {
	t.Parallel()
	schema, err := xsd.LoadFile("testdata/junit.xsd")
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range results() {
		var b bytes.Buffer
		if err := JUnit(&b, r); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(bytes.NewReader(b.Bytes())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, change := range [][2]string{{`<testcase name=`, `<testcase title=`}, {`<testsuite `, `<suite `}, {`tests="`, `tests="x`}} {
			if err := schema.Validate(strings.NewReader(strings.ReplaceAll(b.String(), change[0], change[1]))); err == nil {
				t.Errorf("%s: nothing is wrong with %s", name, change[1])
			}
		}
	}
}

// TestReportsFitTheSchema holds JSON and YAML against the schema that is
// published, and the schema against the report: it knows every key.
func TestReportsFitTheSchema(t *testing.T) {
	t.Parallel()
	published, strict := loadSchema(t, false), loadSchema(t, true)
	for name, report := range reports() {
		var j, y bytes.Buffer
		if err := JSON(&j, report); err != nil {
			t.Fatal(err)
		}
		if err := YAML(&y, report); err != nil {
			t.Fatal(err)
		}
		var fromJSON, fromYAML any
		if err := json.Unmarshal(j.Bytes(), &fromJSON); err != nil {
			t.Fatal(err)
		}
		if err := strict.Validate(fromJSON); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// By way of JSON again, so that numbers are of the same type.
		if err := yaml.Unmarshal(y.Bytes(), &fromYAML); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(fromYAML)
		if err != nil {
			t.Fatal(err)
		}
		fromYAML = nil
		if err := json.Unmarshal(data, &fromYAML); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fromJSON, fromYAML); diff != "" {
			t.Errorf("%s: YAML says something else: -json +yaml\n%s", name, diff)
		}
		later := fromJSON.(map[string]any)
		later["added_later"] = 1
		if err := published.Validate(later); err != nil {
			t.Errorf("%s: keys may be added: %v", name, err)
		}
		if err := strict.Validate(later); err == nil {
			t.Errorf("%s: the strict schema takes anything", name)
		}
		later["outcome"] = "fine"
		if err := published.Validate(later); err == nil {
			t.Errorf("%s: there is no outcome fine", name)
		}
	}
}

// loadSchema returns the published schema, or one that allows no other keys.
func loadSchema(t *testing.T, strict bool) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(JSONSchema(), &s); err != nil {
		t.Fatal(err)
	}
	if strict {
		for _, d := range s.Definitions {
			forbidOthers(d)
		}
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

func forbidOthers(s *jsonschema.Schema) {
	if s.Properties != nil {
		s.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	}
	for _, p := range s.Properties {
		forbidOthers(p)
	}
}

// TestSchemaKnowsEveryKey finds keys of the reports that the schema lacks, and
// those that it has and they have not.
func TestSchemaKnowsEveryKey(t *testing.T) {
	t.Parallel()
	var s jsonschema.Schema
	if err := json.Unmarshal(JSONSchema(), &s); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{
		"rows": verify.Report{}, "side": verify.Side{}, "counts": verify.Counts{}, "table": verify.TableResult{}, "row": verify.Finding{},
		"column": verify.ColumnDiff{}, "value": verify.Value{}, "schema": SchemaReport{}, "finding": schemadiff.Finding{},
	} {
		var keys []string
		for field := range fields(reflect.TypeOf(value)) {
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			keys = append(keys, key)
		}
		slices.Sort(keys)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(s.Definitions[name].Properties)), keys); diff != "" {
			t.Errorf("%s: -schema +report\n%s", name, diff)
		}
	}
}

// fields are those that are written.
func fields(of reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for i := range of.NumField() {
			if f := of.Field(i); f.IsExported() && f.Tag.Get("json") != "-" && !yield(f) {
				return
			}
		}
	}
}
