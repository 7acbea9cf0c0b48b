package render

import (
	"fmt"
	"strings"

	"tandem/cmd/internal/ui"
	"tandem/verify"
)

// What a terminal shows: enough to know what is wrong, while the files have it
// all.
const (
	tableEqual    = 30 // tables without findings
	tableFindings = 10 // findings of one table
	tableWidth    = 160
)

// Table writes a report of rows for people.
func Table(out ui.Stream, r *verify.Report) error {
	b := &tableWriter{out: out}
	b.head(r.Migration, r.Outcome, fmt.Sprintf("%s, %s rows, %s, in %s%s", plural(int64(r.Totals.Tables), "table"),
		ui.Count(r.Totals.Rows), ui.Bytes(r.Totals.Bytes), ui.Duration(r.Ended.Sub(r.Started)), modeText(r.Mode)))
	b.sides(r.Source, r.Target, r.Linked)
	b.tables(r.Tables)
	for i := range r.Tables {
		b.findings(&r.Tables[i])
	}
	b.verdict(r)
	return b.err
}

// SchemaTable writes a report of definitions for people.
func SchemaTable(out ui.Stream, r *SchemaReport) error {
	b := &tableWriter{out: out}
	b.head(r.Migration, r.Outcome, "everything beside the rows: "+r.Counts.text())
	b.sides(r.Source, r.Target, r.Linked)
	for i := range r.Findings {
		f := &r.Findings[i]
		issue := Issue{Source: f.Source, Target: f.Target, Fix: f.FixText()}
		severity := string(f.Severity)
		b.printf("\n%s  %s %s: %s\n", out.Paint(styleOf(severity), severity), f.Kind, out.Paint(ui.Bold, line(f.Object)), line(f.What))
		for _, detail := range issue.details() {
			b.printf("    %s\n", line(detail))
		}
	}
	return b.err
}

func styleOf(severity string) ui.Style {
	switch severity {
	case "mismatch":
		return ui.Red
	case "warn":
		return ui.Yellow
	}
	return ui.Dim
}

func modeText(mode string) string {
	if mode == "full" || mode == "" {
		return ""
	}
	return " (" + mode + " only)"
}

// tableWriter keeps the first error of writing.
type tableWriter struct {
	out ui.Stream
	err error
}

func (b *tableWriter) printf(format string, args ...any) {
	if b.err == nil {
		_, b.err = fmt.Fprintf(b.out, format, args...)
	}
}

func (b *tableWriter) head(migration string, o verify.Outcome, text string) {
	b.printf("%s  %s  %s\n\n", b.out.Paint(ui.Bold, migration), b.out.Paint(outcomeStyle(o), outcomeText(o)), text)
}

func outcomeStyle(o verify.Outcome) ui.Style {
	switch o {
	case verify.Equal:
		return ui.Green
	case verify.Mismatch:
		return ui.Red
	}
	return ui.Yellow
}

func (b *tableWriter) sides(source, target verify.Side, linked bool) {
	t := &ui.Table{Indent: 2}
	t.Row("source", line(sideText(source)))
	t.Row("target", line(sideText(target)))
	if linked {
		t.Row("link", "running: compared while both sides moved")
	} else {
		t.Row("link", "none is running: the servers were taken to be at rest")
	}
	if b.err == nil {
		b.err = t.Write(b.out)
	}
}

// tables lists what was compared: all that is not equal, and of what is equal
// as much as a screen bears.
func (b *tableWriter) tables(tables []verify.TableResult) {
	if len(tables) == 0 {
		b.printf("\nno row was compared\n")
		return
	}
	t := &ui.Table{Header: []string{"TABLE", "ROWS", "TIME", "OUTCOME", "FOUND"}, Right: []int{1, 2}}
	equal := 0
	for i := range tables {
		r := &tables[i]
		found := countsText(r.Counts)
		if r.Skipped != "" {
			found = strings.TrimPrefix(found+"; skipped: "+line(r.Skipped), "; ")
		}
		if r.Outcome == verify.Equal && found == "" {
			if equal++; equal > tableEqual {
				continue
			}
		}
		t.Cells(ui.Cell{Text: line(r.Schema + "." + r.Table)}, ui.Cell{Text: ui.Count(r.RowsSource)}, ui.Cell{Text: ui.Duration(r.Took)},
			ui.Cell{Text: outcomeText(r.Outcome), Style: outcomeStyle(r.Outcome)}, ui.Cell{Text: found})
	}
	b.printf("\n")
	if b.err == nil {
		b.err = t.Write(b.out)
	}
	if equal > tableEqual {
		b.printf("%s equal\n", plural(int64(equal-tableEqual), "more table"))
	}
}

func (b *tableWriter) findings(r *verify.TableResult) {
	if len(r.Findings) == 0 {
		return
	}
	b.printf("\n%s\n", b.out.Paint(ui.Bold, line(r.Schema+"."+r.Table)))
	for n := range r.Findings {
		if n == tableFindings {
			break
		}
		f := &r.Findings[n]
		issue := issueOf(f)
		style := ui.Red
		switch {
		case f.Repaired:
			style = ui.Green
		case f.Class == verify.Unresolved:
			style = ui.Yellow
		}
		b.printf("  %s  %s", b.out.Paint(style, string(f.Class)), clip(line(f.Key), tableWidth))
		if issue.Note != "" {
			b.printf("  %s", b.out.Paint(style, line(issue.Note)))
		}
		b.printf("\n")
		for _, c := range f.Columns {
			b.printf("      %s  source %s  target %s\n", line(c.Column), clip(value(c.Source), tableWidth), clip(value(c.Target), tableWidth))
		}
	}
	if left := int64(max(len(r.Findings)-tableFindings, 0)) + r.Omitted; left > 0 {
		b.printf("  %s\n", b.out.Paint(ui.Dim, "and "+plural(left, "more finding")))
	}
}

// verdict says in words what is left open.
func (b *tableWriter) verdict(r *verify.Report) {
	if r.Outcome == verify.Equal && r.Mode == "sample" {
		b.printf("\nonly a sample was compared: nothing is known about the rest\n")
	}
	if r.Totals.Skipped > 0 {
		b.printf("\n%s skipped, and that is no success: nothing is known about them\n", plural(int64(r.Totals.Skipped), "table"))
	}
}
