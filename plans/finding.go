package plans

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/config"
)

// Severity says how bad a finding is.
type Severity string

// The severities. A plan with an error does not run.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one thing that is wrong with a plan, and where.
type Finding struct {
	ID       string   `json:"id"` // of the rule; does not change between versions
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Key      string   `json:"key,omitempty"` // such as stages[0].gates.lag
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
	Excerpt  string   `json:"-"` // the line and a caret
}

// String is the finding as a compiler would print it.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", f.Line, f.Column)
	}
	fmt.Fprintf(&b, " %s: %s [%s]", f.Severity, f.text(), f.ID)
	if f.Excerpt != "" {
		b.WriteString("\n" + f.Excerpt)
	}
	if f.Hint != "" {
		b.WriteString("\n  hint: " + f.Hint)
	}
	return b.String()
}

func (f Finding) text() string {
	if f.Key == "" {
		return f.Message
	}
	return f.Key + ": " + f.Message
}

// Errors counts the findings that keep a plan from running.
func Errors(list []Finding) int {
	n := 0
	for _, f := range list {
		if f.Severity == Error {
			n++
		}
	}
	return n
}

// AsError returns the errors among the findings in the form that mistakes in
// tandem.yaml have, or nil if there is none.
func AsError(list []Finding) error {
	p := &config.Problems{}
	for _, f := range list {
		if f.Severity == Error {
			p.File = f.File
			p.List = append(p.List, config.Problem{File: f.File, Line: f.Line, Column: f.Column, Key: f.Key,
				Message: f.Message, Hint: f.Hint, Excerpt: f.Excerpt})
		}
	}
	if len(p.List) == 0 {
		return nil
	}
	return p
}

// sortFindings puts findings in the order of the file and drops repetitions.
func sortFindings(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Key, b.Key))
	})
	return slices.Compact(list)
}
