package catalog

import (
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// Report says what [Create] has done.
type Report struct {
	// Databases and Created are what was made.
	Databases []string
	Created   []schema.Name
	// Present tables were there before, and fit.
	Present []schema.Name
	// Changes say what of a created table is not as on the source, Notes what
	// differs otherwise without changing what a row is.
	Changes []Remark
	Notes   []Remark
	// Deferred are the indexes that tables have been made without.
	Deferred []Deferral
}

func (r *Report) defers(t schema.Name) bool {
	return slices.ContainsFunc(r.Deferred, func(d Deferral) bool { return d.Table == t })
}

// Remark is a line about a table.
type Remark struct {
	Table schema.Name
	Text  string
}

// MismatchError says that tables of the target can not take the rows of the
// source's.
type MismatchError struct {
	Tables []Mismatch
	// Created is set when the tables were made just now: then it is tandem that
	// could not make them the same.
	Created bool
}

// Mismatch is one such table.
type Mismatch struct {
	Table schema.Name
	Diff  []string
}

// Error implements error.
func (e *MismatchError) Error() string {
	var b strings.Builder
	if e.Created {
		b.WriteString("create tables on the target: what was created is not what the source has")
	} else {
		b.WriteString("compare tables: the target has tables of other shapes")
	}
	for i, m := range e.Tables {
		if i == 10 {
			fmt.Fprintf(&b, "; and %d more", len(e.Tables)-i)
			break
		}
		fmt.Fprintf(&b, "; %s: %s", m.Table, strings.Join(m.Diff, ", "))
	}
	return b.String()
}

// Hint says what to do.
func (e *MismatchError) Hint() string {
	if e.Created {
		return "create these tables on the target by hand so that they fit, then start again"
	}
	return "drop these tables on the target (tandem creates them again), alter them so that they fit, or exclude them"
}
