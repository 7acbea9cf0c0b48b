package copier

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/wire"
)

// duplicates counts rows that were left out since the target has them already.
type duplicates struct {
	// struck is how many rows may also be left out for another unique key: only
	// an outdated row can be in the way of one.
	struck int
	found  int
}

// outcome is what a statement that wrote rows is held against: all rows must
// have arrived, as they were.
type outcome struct {
	table  *table
	layout *layout
	result wire.Result
	sent   int
	zeroes int // warnings that are expected, see zeroEnums
	dups   *duplicates
	row    func(n int) [][]byte
}

// maxCounted is how far the server counts warnings.
const maxCounted = 1<<16 - 1

func (o *outcome) run(ctx context.Context, conn *wire.Conn) error {
	missing := o.sent - int(o.result.Affected)
	warnings := int(o.result.Warnings)
	if missing == 0 && warnings == min(o.zeroes, maxCounted) {
		return nil
	}
	// The server keeps some of the warnings only (max_error_count).
	var found error
	err := conn.Query(ctx, []byte("SHOW WARNINGS"), func(v [][]byte) error {
		code, _ := strconv.Atoi(string(v[1]))
		text := string(v[2])
		switch {
		case found != nil:
		case code == codeDataTruncated && o.isZero(text):
		case code == codeDuplicate && o.dups != nil && o.allowed(text):
		case isDeprecation(code):
			warnings--
		default:
			found = o.valueError(text)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if found != nil {
		return found
	}
	if missing != 0 && o.dups == nil || warnings != min(o.zeroes+missing, maxCounted) {
		return fmt.Errorf("%d rows were sent, %d arrived, with %d warnings", o.sent, o.result.Affected, o.result.Warnings)
	}
	return nil
}

// allowed tells whether a duplicate is one that may be left out.
func (o *outcome) allowed(text string) bool {
	name := o.layout.def.RowKey().Name
	if strings.HasSuffix(text, "."+name+"'") || strings.HasSuffix(text, "'"+name+"'") {
		return true
	}
	o.dups.found++
	return o.dups.found <= o.dups.struck
}

var columnAtRow = regexp.MustCompile(`column '(.*)' at row (\d+)`)

// isZero tells whether a warning is about the invalid value of an ENUM.
func (o *outcome) isZero(text string) bool {
	m := columnAtRow.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	i := o.layout.def.Column(m[1])
	if i < 0 || o.layout.def.Columns[i].Kind != schema.Enum {
		return false
	}
	row := o.rowAt(m[2])
	if row == nil {
		return false
	}
	for j, col := range o.layout.columns {
		if col == i {
			return string(row[j]) == "0"
		}
	}
	return false
}

func (o *outcome) rowAt(number string) [][]byte {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > o.sent {
		return nil
	}
	return o.row(n)
}

var atRow = regexp.MustCompile(`at row (\d+)`)

func (o *outcome) valueError(text string) error {
	e := &ValueError{Table: o.table.name, Key: "unknown", Warning: text}
	if m := atRow.FindStringSubmatch(text); m != nil {
		if row := o.rowAt(m[1]); row != nil {
			e.Key = o.layout.describe(row)
		}
	}
	return e
}

// isDeprecation tells warnings about the statement from those about values.
func isDeprecation(code int) bool {
	switch code {
	case 1287, 1681, 3719, 3778, 3090:
		return true
	}
	return false
}
