package render

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/internal/golden"
	"tandem/verify"
	"tandem/verify/schemadiff"
)

var (
	begun = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	sides = [2]verify.Side{
		{Endpoint: "source db.example.com:3306", Version: "5.6.24", UUID: "3e11fa47-71ca-11e1-9e33-c80aa9429562", Position: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-123456"},
		{Endpoint: "target 127.0.0.1:40002", Version: "9.7.0", UUID: "aaaaaaaa-71ca-11e1-9e33-c80aa9429562", Position: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-123456,aaaaaaaa-71ca-11e1-9e33-c80aa9429562:1-5"},
	}
)

// withoutStyle takes the style sheet out of a page: it is the template's, as it
// is.
func withoutStyle(t *testing.T, page string) string {
	t.Helper()
	if !strings.HasPrefix(page, "<!DOCTYPE html>") {
		return page
	}
	begin, end := strings.Index(pageText, "<style>"), strings.Index(pageText, "</style>")
	before, after, found := strings.Cut(page, pageText[begin:end])
	if !found {
		t.Error("the page lacks its style sheet")
	}
	return before + "<style>" + after
}

func text(s string) *string { return &s }

// nasty is a text that means something in every format.
const nasty = "</pre><script>alert(1)</script>\n::error::x|y`,%0A\x1b[31m\x00]]>&\"'\u202e\xff"

// mismatches is a report with everything in it.
func mismatches() *verify.Report {
	return &verify.Report{
		Version: verify.ReportVersion, Migration: "courier", Mode: "full", Outcome: verify.Mismatch,
		Started: begun, Ended: begun.Add(3100 * time.Millisecond), Source: sides[0], Target: sides[1], Linked: true,
		Tables: []verify.TableResult{
			{Schema: "courier", Table: "customers", Group: "default", Outcome: verify.Equal, Method: verify.Server,
				RowsSource: 1000, RowsTarget: 1000, Bytes: 99_000, Chunks: 1, Took: 12 * time.Millisecond},
			{Schema: "courier", Table: "hot", Group: "default", Outcome: verify.Inconclusive, Method: verify.Stream,
				RowsSource: 10, RowsTarget: 10, Bytes: 100, Chunks: 1, Took: 30 * time.Second,
				Counts:   verify.Counts{Unresolved: 1},
				Findings: []verify.Finding{{Class: verify.Unresolved, Key: "3"}}},
			{Schema: "courier", Table: "orders", Group: "default", Outcome: verify.Mismatch, Method: verify.Stream,
				RowsSource: 412_345, RowsTarget: 412_344, Bytes: 57 << 20, Chunks: 12, Took: 2 * time.Second,
				Counts: verify.Counts{Missing: 14, Extra: 1, Different: 2, CollationOnly: 1},
				Findings: []verify.Finding{
					{Class: verify.Missing, Key: "7"},
					{Class: verify.Extra, Key: "-8", Repaired: true},
					{Class: verify.Different, Key: `(9,"a")`, Repair: "the row has moved since it was compared", Columns: []verify.ColumnDiff{
						{Column: "name", Source: verify.Value{Hash: "ab12cd34ef56", Size: 12}, Target: verify.Value{Null: true}},
						{Column: "qty", Source: verify.Value{Hash: "00112233", Size: 1}, Target: verify.Value{Hash: "44556677", Size: 2}},
					}},
					{Class: verify.Different, Key: nasty, Columns: []verify.ColumnDiff{
						{Column: nasty, Source: verify.Value{Text: text(nasty), Size: len(nasty)}, Target: verify.Value{Text: text(""), Size: 0}},
					}},
					{Class: verify.CollationOnly, Key: `"Straße"`, Columns: []verify.ColumnDiff{
						{Column: "k", Source: verify.Value{Text: text("Straße"), Size: 7}, Target: verify.Value{Text: text("strasse"), Size: 7}},
					}},
				}, Omitted: 13},
			{Schema: "odd`db", Table: "<b>=SUM(A1)", Outcome: verify.Inconclusive, Skipped: "the table has no key, and more rows than can be compared without one"},
		},
		Totals: verify.Totals{Tables: 4, Skipped: 1, Rows: 413_355, Bytes: 57<<20 + 99_100,
			Counts: verify.Counts{Missing: 14, Extra: 1, Different: 2, CollationOnly: 1, Unresolved: 1}},
	}
}

// parity is a report without a finding.
func parity() *verify.Report {
	r := mismatches()
	r.Outcome, r.Mode, r.Linked = verify.Equal, "sample", false
	r.Tables = r.Tables[:1]
	r.Totals = verify.Totals{Tables: 1, Rows: 1000, Bytes: 99_000}
	return r
}

// definitions is a report of everything beside the rows.
func definitions() *SchemaReport {
	r := &SchemaReport{Migration: "courier", Started: begun, Ended: begun.Add(time.Second), Source: sides[0], Target: sides[1], Linked: true,
		Findings: []schemadiff.Finding{
			{ID: "column-type", Severity: schemadiff.Mismatch, Kind: schemadiff.Column, Object: "courier.orders.total",
				What: "the type differs", Source: "decimal(10,2)", Target: "decimal(8,2)", Fix: []string{"ALTER TABLE `courier`.`orders` MODIFY `total` decimal(10,2)"}},
			{ID: "column-comment", Severity: schemadiff.Info, Kind: schemadiff.Column, Object: "courier.orders.total",
				What: "the comment differs", Source: nasty},
			{ID: "trigger-missing", Severity: schemadiff.Warn, Kind: schemadiff.Trigger, Object: "courier.audit",
				What: "it is to be created at the handover", Source: "BEFORE INSERT", Fix: []string{"CREATE TRIGGER `audit` BEFORE INSERT ON `orders` FOR EACH ROW BEGIN\n  SET @a = 1;\nEND"}},
			{ID: "accounts-unread", Severity: schemadiff.Warn, Kind: schemadiff.Account, Object: "source", What: "accounts can not be read", Unchecked: true},
		}}
	r.Settle()
	return r
}

func noDefinitions() *SchemaReport {
	r := definitions()
	r.Findings = nil
	r.Settle()
	return r
}

// results are the cases that every format is written for.
func results() map[string]*Result {
	return map[string]*Result{
		"mismatch":    FromRows(mismatches()),
		"parity":      FromRows(parity()),
		"definitions": FromSchema(definitions()),
		"same":        FromSchema(noDefinitions()),
	}
}

// formats are all that are made from a Result, by the ending of their files.
var formats = map[string]func(*bytes.Buffer, *Result) error{
	"csv":  func(b *bytes.Buffer, r *Result) error { return CSV(b, r) },
	"xml":  func(b *bytes.Buffer, r *Result) error { return JUnit(b, r) },
	"html": func(b *bytes.Buffer, r *Result) error { return HTML(b, r) },
	"md":   func(b *bytes.Buffer, r *Result) error { return GitHubSummary(b, r) },
	"sarif": func(b *bytes.Buffer, r *Result) error {
		return SARIF(b, r, SARIFOptions{Version: "1.2.3", Artifact: "tandem.yaml"})
	},
	"annotations.txt": func(b *bytes.Buffer, r *Result) error {
		return GitHubAnnotations(b, r, "tandem.yaml")
	},
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, r := range results() {
		for ending, write := range formats {
			var b bytes.Buffer
			if err := write(&b, r); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, "testdata/"+name+"."+ending, withoutStyle(t, b.String()))
		}
	}
	for name, report := range reports() {
		var j, y bytes.Buffer
		if err := JSON(&j, report); err != nil {
			t.Fatal(err)
		}
		if err := YAML(&y, report); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "testdata/"+name+".json", j.String())
		golden.Equal(t, "testdata/"+name+".yaml", y.String())
	}
}

func reports() map[string]any {
	return map[string]any{"mismatch": mismatches(), "parity": parity(), "definitions": definitions(), "same": noDefinitions()}
}

func TestTables(t *testing.T) {
	t.Parallel()
	plain := func(b *bytes.Buffer) ui.Stream { return ui.NewStream(b, ui.ColorNever, os.Getenv) }
	many := parity()
	for range 40 {
		many.Tables = append(many.Tables, many.Tables[0])
	}
	long := mismatches()
	for range 12 {
		long.Tables[2].Findings = append(long.Tables[2].Findings, long.Tables[2].Findings[0])
	}
	for name, r := range map[string]*verify.Report{"mismatch": mismatches(), "parity": parity(), "many": many, "long": long, "none": {Migration: "courier", Mode: "full", Outcome: verify.Inconclusive}} {
		var b bytes.Buffer
		if err := Table(plain(&b), r); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "testdata/"+name+".table.txt", b.String())
	}
	for name, r := range map[string]*SchemaReport{"definitions": definitions(), "same": noDefinitions()} {
		var b bytes.Buffer
		if err := SchemaTable(plain(&b), r); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "testdata/"+name+".table.txt", b.String())
	}
	var b bytes.Buffer
	if err := Table(ui.NewStream(&b, ui.ColorAlways, os.Getenv), mismatches()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[31mNOT EQUAL\x1b[0m", "\x1b[33mINCONCLUSIVE\x1b[0m", "\x1b[32mequal\x1b[0m"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q", want)
		}
	}
}

// TestNothingGetsOut holds every format that people look at to this: no control
// character of a database arrives, and nothing begins a line but we.
func TestNothingGetsOut(t *testing.T) {
	t.Parallel()
	written := map[string]string{}
	for name, r := range results() {
		for ending, write := range formats {
			var b bytes.Buffer
			if err := write(&b, r); err != nil {
				t.Fatal(err)
			}
			written[name+"."+ending] = b.String()
		}
	}
	var b bytes.Buffer
	if err := Table(ui.NewStream(&b, ui.ColorNever, os.Getenv), mismatches()); err != nil {
		t.Fatal(err)
	}
	written["table"] = b.String()
	for name, got := range written {
		bad := []string{"\x1b", "\x00", "\xff", "\n::error::x"}
		if strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".md") {
			bad = append(bad, "<script")
		}
		if !strings.HasSuffix(name, ".sarif") {
			bad = append(bad, "\u202e") // a program reads it
		}
		for _, text := range bad {
			if strings.Contains(got, text) {
				t.Errorf("%s has %q", name, text)
			}
		}
	}
	for _, l := range strings.Split(written["mismatch.annotations.txt"], "\n") {
		if l != "" && !strings.HasPrefix(l, "::error file=tandem.yaml,title=tandem%3A ") && !strings.HasPrefix(l, "::warning file=tandem.yaml,title=tandem%3A ") {
			t.Errorf("an annotation that is not ours: %s", l)
		}
	}
	for name, page := range written {
		if strings.HasSuffix(name, ".html") && (strings.Contains(page, "http://") || strings.Contains(page, "https://") || strings.Contains(page, "src=")) {
			t.Errorf("%s asks for something", name)
		}
	}
}

func TestAnnotationsAreCounted(t *testing.T) {
	t.Parallel()
	r := FromRows(mismatches())
	for range 30 {
		r.Items = append(r.Items, r.Items[2])
	}
	var b bytes.Buffer
	if err := GitHubAnnotations(&b, r, ""); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "::error "); got != annotations {
		t.Errorf("%d errors, want %d", got, annotations)
	}
	if want := "22 more objects of this kind"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}

func TestSummaryIsBounded(t *testing.T) {
	t.Parallel()
	r := FromRows(mismatches())
	for range 5000 {
		r.Items = append(r.Items, r.Items[2])
	}
	var b bytes.Buffer
	if err := GitHubSummary(&b, r); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 1<<20 || !strings.Contains(b.String(), "more objects not shown here") {
		t.Errorf("%d bytes", b.Len())
	}
}

func TestSARIFIsBounded(t *testing.T) {
	t.Parallel()
	r := FromRows(mismatches())
	for range 2000 {
		r.Items = append(r.Items, r.Items[2])
	}
	var b bytes.Buffer
	if err := SARIF(&b, r, SARIFOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), `"ruleId"`); got != sarifResults {
		t.Errorf("%d results", got)
	}
	if !strings.Contains(b.String(), "more findings not listed") {
		t.Error("nothing says that there are more")
	}
	checkSARIF(t, b.Bytes())
}

func TestCSVCells(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "7": "7", "-7": "-7", "+1.5e3": "+1.5e3", "=1": "'=1", "-a": "'-a", "@x": "'@x", "a=b": "a=b"} {
		if got := csvCell(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
