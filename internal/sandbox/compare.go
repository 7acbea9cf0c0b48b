package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is what Compare found.
type Verdict struct {
	// Equal: the same tables with the same columns, and every cell the same.
	Equal bool `json:"equal"`
	// Tables are sorted by database and name.
	Tables []TableVerdict `json:"tables"`
	// Took is how long the comparison took.
	Took time.Duration `json:"took"`
}

// TableVerdict is the comparison of one table.
type TableVerdict struct {
	Database string `json:"database"`
	Table    string `json:"table"`
	Equal    bool   `json:"equal"`
	A        Digest `json:"a"`
	B        Digest `json:"b"`
	// Problem is the first difference, or why the rows were not compared.
	Problem string `json:"problem,omitempty"`
}

// Digest is a table as one server has it.
type Digest struct {
	Rows int64 `json:"rows"`
	// Bytes is the size of the canonical text that was hashed.
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Rows is how many rows the first server has in all tables.
func (v Verdict) Rows() int64 {
	var rows int64
	for _, table := range v.Tables {
		rows += table.A.Rows
	}
	return rows
}

// Different are the tables that are not equal.
func (v Verdict) Different() []TableVerdict {
	return slices.DeleteFunc(slices.Clone(v.Tables), func(t TableVerdict) bool { return t.Equal })
}

// String is the verdict in a few lines: what differs, or how much is equal.
func (v Verdict) String() string {
	if v.Equal {
		return fmt.Sprintf("%d tables with %d rows are equal", len(v.Tables), v.Rows())
	}
	if len(v.Tables) == 0 {
		return "nothing was compared: neither server has a table there"
	}
	var b strings.Builder
	different := v.Different()
	fmt.Fprintf(&b, "%d of %d tables differ", len(different), len(v.Tables))
	for _, t := range different {
		fmt.Fprintf(&b, "\n%s.%s (%d and %d rows): %s", t.Database, t.Table, t.A.Rows, t.B.Rows, t.Problem)
	}
	return b.String()
}

// Compare compares the contents of databases on two servers, cell by cell. With
// no databases given it compares all but the system's and tandem's own. Nobody
// may write meanwhile.
//
// It is meant to be believed, so it is independent and strict. Rows are read by
// MySQL's own client program, in the order of the primary key (sorted as text
// if there is none, or if a collation decides the order), in a form in which
// one changed bit shows: text and binary as hexadecimal bytes, floats as IEEE
// bits, ENUM and SET by number and label, JSON as text plus the type of every
// value in it. Each table is hashed as it streams by, and the first row that
// differs is kept for the report. Nothing is equal unless it was read: a table
// that is missing, has other columns or a type that is not known here is a
// difference, and so is finding no table at all.
func Compare(ctx context.Context, a, b *Server, databases []string) (Verdict, error) {
	began := time.Now()
	tablesA, err := readTables(ctx, a, databases)
	if err != nil {
		return Verdict{}, fmt.Errorf("compare: %w", err)
	}
	tablesB, err := readTables(ctx, b, databases)
	if err != nil {
		return Verdict{}, fmt.Errorf("compare: %w", err)
	}
	var verdict Verdict
	for _, name := range unionOfNames(tablesA, tablesB) {
		table := TableVerdict{Database: name.database, Table: name.table}
		ta, tb := tablesA[name], tablesB[name]
		switch {
		case ta == nil:
			table.Problem = "missing on the " + a.Name() + " server"
		case tb == nil:
			table.Problem = "missing on the " + b.Name() + " server"
		default:
			table.Problem = describeColumns(ta, tb, a.Name(), b.Name())
		}
		if table.Problem == "" {
			if err := compareRows(ctx, a, b, ta, tb, &table); err != nil {
				return Verdict{}, fmt.Errorf("compare %s.%s: %w", name.database, name.table, err)
			}
		}
		table.Equal = table.Problem == ""
		verdict.Tables = append(verdict.Tables, table)
	}
	verdict.Equal = len(verdict.Tables) > 0 && len(verdict.Different()) == 0
	verdict.Took = time.Since(began)
	return verdict, nil
}

// tableName orders and finds tables.
type tableName struct{ database, table string }

func unionOfNames(a, b map[tableName]*comparedTable) []tableName {
	var names []tableName
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if a[name] == nil {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(x, y tableName) int {
		if c := strings.Compare(x.database, y.database); c != 0 {
			return c
		}
		return strings.Compare(x.table, y.table)
	})
	return names
}

// errShortRow says that the client printed something that is not a row.
var errShortRow = errors.New("unexpected output of the mysql client program")
