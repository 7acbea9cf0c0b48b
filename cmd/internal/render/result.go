package render

import (
	"fmt"
	"strings"
	"time"

	"tandem/verify"
)

// Result is what the formats beside JSON are made from.
type Result struct {
	// Title says what was compared: row parity of courier.
	Title          string
	Migration      string
	Mode           string
	Outcome        verify.Outcome
	Started, Ended time.Time
	Source, Target verify.Side
	Linked         bool
	// Facts are worth a line at the top.
	Facts []Fact
	// Items are all that was compared, or was to be.
	Items []Item
}

// Fact is a name and a value.
type Fact struct{ Name, Value string }

// Item is a table, or another object of a database.
type Item struct {
	Suite, Name string // schema and table, or kind and object
	// Object is its name in full, Kind what it is: table, column, view.
	Object, Kind string
	Outcome      verify.Outcome
	// Skipped is why it was not, or not wholly, compared.
	Skipped string
	Took    time.Duration
	Rows    int64
	// Text sums its issues up: 2 missing, 1 different.
	Text   string
	Issues []Issue
	// Omitted is how many issues there are beside those listed.
	Omitted int64
}

// Issue is one thing that is wrong with an item.
type Issue struct {
	Rule  string
	Level Level
	// Key names the row, for rows.
	Key string
	// Text says what is wrong, on one line.
	Text    string
	Columns []verify.ColumnDiff
	// Source and Target are what was seen, Fix is what mends it; for definitions.
	Source, Target, Fix string
	// Note is what became of a repair.
	Note string
}

// Level is how bad an issue is, in SARIF's words.
type Level string

// The levels.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// skippedRule is the rule of items that were not compared. It stands beside the
// classes of rows, as it is no success either.
const skippedRule = "skipped"

// FromRows makes a result of a comparison of rows.
func FromRows(r *verify.Report) *Result {
	res := &Result{
		Title: "Row parity of " + r.Migration, Migration: r.Migration, Mode: r.Mode, Outcome: r.Outcome,
		Started: r.Started, Ended: r.Ended, Source: r.Source, Target: r.Target, Linked: r.Linked,
		Facts: []Fact{
			{"tables", fmt.Sprint(r.Totals.Tables)},
			{"rows of the source", fmt.Sprint(r.Totals.Rows)},
			{"skipped tables", fmt.Sprint(r.Totals.Skipped)},
		},
	}
	for _, c := range countsOf(r.Totals.Counts) {
		res.Facts = append(res.Facts, Fact{string(c.class), fmt.Sprint(c.n)})
	}
	for i := range r.Tables {
		res.Items = append(res.Items, itemOf(&r.Tables[i]))
	}
	return res
}

func itemOf(t *verify.TableResult) Item {
	item := Item{
		Suite: t.Schema, Name: t.Table, Object: t.Schema + "." + t.Table, Kind: "table", Outcome: t.Outcome, Skipped: t.Skipped,
		Took: t.Took, Rows: t.RowsSource, Text: countsText(t.Counts), Omitted: t.Omitted,
	}
	for i := range t.Findings {
		item.Issues = append(item.Issues, issueOf(&t.Findings[i]))
	}
	return item
}

func issueOf(f *verify.Finding) Issue {
	issue := Issue{Rule: string(f.Class), Level: Error, Key: f.Key, Columns: f.Columns}
	row := "row " + f.Key
	switch f.Class {
	case verify.Missing:
		issue.Text = row + " is missing on the target"
	case verify.Extra:
		issue.Text = row + " is on the target only"
	case verify.Different:
		issue.Text = row + " differs"
	case verify.CollationOnly:
		issue.Text = row + " is equal under the collation only, not byte for byte"
	case verify.Unresolved:
		issue.Level = Warning
		issue.Text = row + " never stood still for long enough to be compared"
	default:
		issue.Text = row + ": " + string(f.Class)
	}
	if len(f.Columns) > 0 {
		issue.Text += ": " + strings.Join(columnNames(f.Columns), ", ")
	}
	switch {
	case f.Repaired:
		issue.Level, issue.Note = Note, "repaired"
	case f.Repair != "":
		issue.Note = "not repaired: " + f.Repair
	}
	return issue
}

func columnNames(columns []verify.ColumnDiff) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Column
	}
	return names
}

// classCount is how many rows are of a class.
type classCount struct {
	class verify.Class
	n     int64
}

func countsOf(c verify.Counts) []classCount {
	return []classCount{
		{verify.Missing, c.Missing}, {verify.Extra, c.Extra}, {verify.Different, c.Different},
		{verify.CollationOnly, c.CollationOnly}, {verify.Unresolved, c.Unresolved},
	}
}

// countsText names the classes that occur.
func countsText(c verify.Counts) string {
	var parts []string
	for _, one := range countsOf(c) {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.class))
		}
	}
	return strings.Join(parts, ", ")
}
