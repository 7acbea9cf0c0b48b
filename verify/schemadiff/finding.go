package schemadiff

import (
	"cmp"
	"slices"
	"strings"

	"tandem/internal/sqltoken"
)

// Severity says what a finding means.
type Severity string

// The severities. Only a mismatch means that the two sides are not the same.
const (
	// Mismatch: the target is not what the source is.
	Mismatch Severity = "mismatch"
	// Warn: it is to be looked at, now or at the handover.
	Warn Severity = "warn"
	// Info: it differs and changes nothing for rows or applications.
	Info Severity = "info"
)

// Kind is what sort of object a finding is about.
type Kind string

// The kinds, in the order in which findings are shown.
const (
	Database      Kind = "database"
	Table         Kind = "table"
	Column        Kind = "column"
	Key           Kind = "key"
	ForeignKey    Kind = "foreign-key"
	Check         Kind = "check"
	Partitions    Kind = "partitions"
	AutoIncrement Kind = "auto-increment"
	Procedure     Kind = "procedure"
	Function      Kind = "function"
	View          Kind = "view"
	Trigger       Kind = "trigger"
	Event         Kind = "event"
	Account       Kind = "account"
	Grant         Kind = "grant"
)

// Finding is one difference.
type Finding struct {
	// ID names the check. It stays the same from release to release.
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Kind     Kind     `json:"kind"`
	// Object is what differs, in full and without quotes: shop.orders.total.
	Object string `json:"object"`
	// What says in a sentence what is wrong.
	What string `json:"what"`
	// Source and Target are what was seen on the two sides, empty where there is
	// nothing.
	Source string `json:"source,omitempty"`
	Target string `json:"target,omitempty"`
	// Fix holds the statements that, run in this order in one session on the
	// target, make the finding go away. Each is whole and has no semicolon at its
	// end. It is empty where no statement can do that.
	Fix []string `json:"fix,omitempty"`
	// FixOn is source where Fix is to be run there, since the target owns the
	// table, and empty otherwise.
	FixOn string `json:"fix_on,omitempty"`
	// Unchecked is set where something could not be compared: that is never
	// success, though it is no mismatch either.
	Unchecked bool `json:"unchecked,omitempty"`
}

// FixText returns the statements as text for MySQL's own client. A body of
// several statements takes DELIMITER, which newer clients, reading a file, obey
// with --commands only.
func (f *Finding) FixText() string {
	var b strings.Builder
	if f.FixOn != "" {
		b.WriteString("-- on the " + f.FixOn + "\n")
	}
	for i, statement := range f.Fix {
		if i > 0 {
			b.WriteString("\n")
		}
		if !compound(statement) {
			b.WriteString(statement + ";")
			continue
		}
		end := "//"
		for strings.Contains(statement, end) {
			end += "/"
		}
		b.WriteString("DELIMITER " + end + "\n" + statement + "\n" + end + "\nDELIMITER ;")
	}
	return b.String()
}

// compound tells whether a semicolon stands in the statement itself, not only
// in a text.
func compound(statement string) bool {
	return slices.ContainsFunc(sqltoken.Cut(statement), func(t sqltoken.Token) bool {
		return t.Is(";") || t.Kind == sqltoken.Space && strings.Contains(t.Text, ";")
	})
}

// Worst returns the worst severity among findings, empty if there are none.
func Worst(findings []Finding) Severity {
	var worst Severity
	for _, f := range findings {
		if rank(f.Severity) > rank(worst) {
			worst = f.Severity
		}
	}
	return worst
}

// Unchecked tells whether something could not be compared.
func Unchecked(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Unchecked })
}

func rank(s Severity) int {
	return slices.Index([]Severity{"", Info, Warn, Mismatch}, s)
}

// order puts findings into the order in which they are shown, and in which their
// fixes can be run: a database before its tables, a table before its columns, a
// function before views that use it. depth tells how many views a view stands on.
func order(findings []Finding, depth map[string]int) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		depths := 0
		if a.Kind == View && b.Kind == View {
			depths = cmp.Compare(depth[a.Object], depth[b.Object])
		}
		return cmp.Or(cmp.Compare(place(a.Kind), place(b.Kind)), depths,
			strings.Compare(a.Object, b.Object), strings.Compare(a.ID, b.ID))
	})
}

func place(k Kind) int {
	return slices.Index([]Kind{Database, Table, Column, Key, ForeignKey, Check, Partitions, AutoIncrement,
		Procedure, Function, View, Trigger, Event, Account, Grant}, k)
}
