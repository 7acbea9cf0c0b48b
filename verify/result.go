package verify

import (
	"time"

	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// ReportVersion is the version of [Report]'s JSON form. It grows when a field
// changes its meaning or goes away, not when one is added.
const ReportVersion = 1

// Class says what is wrong with a row, or what could not be said about it.
type Class string

// The classes of findings.
const (
	// Missing: the source has the row, the target has not.
	Missing Class = "missing"
	// Extra: the target has the row, the source has not.
	Extra Class = "extra"
	// Different: both have it, with other values.
	Different Class = "different"
	// CollationOnly: both have it, with values (of the key or of other columns)
	// that are equal to the server and not byte for byte.
	CollationOnly Class = "equal-under-collation-only"
	// Unresolved: the row never stood still for long enough to be compared.
	Unresolved Class = "unresolved"
)

// Outcome is what is known about a table, or about everything.
type Outcome string

// The outcomes, from the best to the worst. One of skipped tables and unresolved
// rows is no success: it is inconclusive.
const (
	Equal        Outcome = "equal"
	Inconclusive Outcome = "inconclusive"
	Mismatch     Outcome = "mismatch"
)

// Method is where digests of rows are computed.
type Method string

// The methods.
const (
	// Server: each server digests its rows; a few bytes a chunk cross the network.
	Server Method = "server"
	// Stream: rows are read and digested here.
	Stream Method = "stream"
)

// Report is the result of one run. It is what -o json prints.
type Report struct {
	Version   int       `json:"version"`
	Migration string    `json:"migration"`
	Mode      string    `json:"mode"` // full, sample, touched, since
	Outcome   Outcome   `json:"outcome"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
	Source    Side      `json:"source"`
	Target    Side      `json:"target"`
	// Linked tells whether a link was running: without one two servers at rest are
	// compared.
	Linked bool          `json:"linked"`
	Tables []TableResult `json:"tables"`
	Totals Totals        `json:"totals"`
}

// Side is one of the two sides.
type Side struct {
	Endpoint string `json:"endpoint"` // as in the configuration, without secrets
	Version  string `json:"version"`
	UUID     string `json:"server_uuid"`
	// Position is gtid_executed when the run ended.
	Position string `json:"gtid_executed"`
}

// Totals sums the tables up.
type Totals struct {
	Tables  int   `json:"tables"`
	Skipped int   `json:"tables_skipped"`
	Rows    int64 `json:"rows"`  // of the source
	Bytes   int64 `json:"bytes"` // of the source, as text
	Counts  `json:"counts"`
}

// Counts is how many rows are of which class.
type Counts struct {
	Missing       int64 `json:"missing"`
	Extra         int64 `json:"extra"`
	Different     int64 `json:"different"`
	CollationOnly int64 `json:"equal_under_collation_only"`
	Unresolved    int64 `json:"unresolved"`
}

// TableResult is what is known about one table.
type TableResult struct {
	Schema  string  `json:"schema"`
	Table   string  `json:"table"`
	Group   string  `json:"group,omitempty"`
	Outcome Outcome `json:"outcome"`
	// Skipped is why nothing, or not all, was compared. It is never success.
	Skipped    string        `json:"skipped,omitempty"`
	Method     Method        `json:"method,omitempty"`
	RowsSource int64         `json:"rows_source"`
	RowsTarget int64         `json:"rows_target"`
	Bytes      int64         `json:"bytes"`
	Chunks     int           `json:"chunks"`
	Took       time.Duration `json:"took_ns"`
	Counts     Counts        `json:"counts"`
	// Findings are the first of them; Omitted is how many more there are.
	Findings []Finding `json:"findings,omitempty"`
	Omitted  int64     `json:"findings_omitted,omitempty"`

	def *schema.Table
	// unkeyed is set for a table that was compared as a whole.
	unkeyed bool
}

// Finding is one row.
type Finding struct {
	Class Class `json:"class"`
	// Key is the row's key, for people: 7, or (7,"a").
	Key string `json:"key"`
	// Columns are those that differ, of rows that both sides have.
	Columns []ColumnDiff `json:"columns,omitempty"`
	// Repaired is set once a repair has made the two rows equal, Repair says why
	// it has not.
	Repaired bool   `json:"repaired,omitempty"`
	Repair   string `json:"repair,omitempty"`

	// The rows as they were seen last, in the order of the source's columns, nil
	// where there is none. Both are nil of rows too large to be kept; large says
	// so.
	source, target schema.Row
	large          bool
	key            chunk.Key
}

// ColumnDiff is a column that differs.
type ColumnDiff struct {
	Column string `json:"column"`
	Source Value  `json:"source"`
	Target Value  `json:"target"`
}

// Value is a cell. Unless values are asked for, it is a hash: enough to see
// whether two cells are equal.
type Value struct {
	Null bool `json:"null,omitempty"`
	// Hash is the beginning of the SHA-256 of the canonical value, in hexadecimal.
	Hash string `json:"sha256,omitempty"`
	// Text is the value, only with --show-values.
	Text *string `json:"text,omitempty"`
	Size int     `json:"size"`
}
