package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, and where.
type Problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"` // from 1; 0 if the value is not from the file
	Column  int    `json:"column,omitempty"`
	From    string `json:"from,omitempty"` // variable or flag, if the value is from there
	Key     string `json:"key,omitempty"`  // such as source.port
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to write instead
	Excerpt string `json:"-"`              // the line and a caret
}

// String is the problem as a compiler would print it.
func (p Problem) String() string {
	var b strings.Builder
	switch {
	case p.From != "":
		b.WriteString(p.From + ": ")
	case p.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	default:
		b.WriteString(p.File + ": ")
	}
	if p.Key != "" && !strings.Contains(p.From, p.Key) {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Message)
	if p.Excerpt != "" {
		b.WriteString("\n" + p.Excerpt)
	}
	if p.Hint != "" {
		b.WriteString("\n  hint: " + p.Hint)
	}
	return b.String()
}

// Problems is the error of a configuration that cannot be used: everything that
// was found wrong with it.
type Problems struct {
	File string
	List []Problem
}

// Error implements error.
func (p *Problems) Error() string {
	texts := make([]string, len(p.List))
	for i, one := range p.List {
		texts[i] = one.String()
	}
	return strings.Join(texts, "\n")
}

// sort puts the problems in the order of the file, those from elsewhere first,
// and drops repetitions.
func (p *Problems) sort() {
	slices.SortStableFunc(p.List, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	p.List = slices.Compact(p.List)
}
