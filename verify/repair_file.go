package verify

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
)

// RepairCount is how many findings a repair is about.
type RepairCount struct {
	// Done are those that have statements, or were repaired.
	Done int64
	// Left are those that nothing could be done about, and those that are counted
	// in the report and not listed.
	Left int64
}

// WriteRepairSQL writes the statements that make one side like the other, for
// MySQL's own client. marked tells whether that side has tandem's state: then the
// transactions bear tandem's mark.
func WriteRepairSQL(w io.Writer, r *Report, d Direction, marked bool) (RepairCount, error) {
	var count RepairCount
	if err := d.check(); err != nil {
		return count, err
	}
	out := bufio.NewWriter(w)
	changed, like := r.Target, r.Source
	if d == TargetToSource {
		changed, like = like, changed
	}
	fmt.Fprintf(out, `-- Makes rows of the %[1]s like the other side's: migration %[2]s, compared %[3]s.
--
--   to be changed   %[4]s
--   is right        %[5]s
--
-- Run it on the %[1]s, and only there:
--
--   mysql --binary-mode --default-character-set=binary ... < this-file
--
-- Every statement names its row by the key and by all the values that were seen.
-- A row that has changed since is left as it is, and to run the file twice does
-- no harm. Afterwards run tandem verify once more.
--
-- There are values of your tables below.

SET NAMES binary;
SET SESSION time_zone='+00:00', foreign_key_checks=0,
  sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION';
`, d.Side(), r.Migration, r.Started.UTC().Format(time.DateTime+" UTC"), comment(changed), comment(like))
	for i := range r.Tables {
		t := &r.Tables[i]
		mends, left := mendsOf(t, d, func(f *Finding, why string) {
			fmt.Fprintf(out, "\n-- not here: %s %q: %s", t.Schema+"."+t.Table, f.Key, why)
		})
		count.Done += int64(len(mends))
		count.Left += left
		for len(mends) > 0 {
			n := min(len(mends), mendsAtOnce)
			writeMends(out, mends[:n], marked)
			mends = mends[n:]
		}
	}
	fmt.Fprintf(out, "\n-- %d rows; %d not here\n", count.Done, count.Left)
	return count, out.Flush()
}

// mendsOf returns what mends the findings of a table, and how many have nothing
// that would, each of which is told to without.
func mendsOf(t *TableResult, d Direction, without func(f *Finding, why string)) (mends []mend, left int64) {
	left = t.Omitted
	for i := range t.Findings {
		f := &t.Findings[i]
		m, why := mendOf(t, f, d)
		if why != "" {
			if !f.Repaired {
				left++
				without(f, why)
			}
			continue
		}
		mends = append(mends, m)
	}
	return mends, left
}

// writeMends writes one transaction.
func writeMends(out *bufio.Writer, mends []mend, marked bool) {
	statement := func(sql []byte) { fmt.Fprintf(out, "%s;\n", printable(sql)) }
	out.WriteString("\nSTART TRANSACTION;\n")
	if marked {
		out.WriteString("-- tandem's mark: a link must not carry this back\n" + beginMark + ";\n")
	}
	for i := range mends {
		if m := &mends[i]; m.removes() {
			statement(m.appendDelete(nil))
			if m.brings() {
				fmt.Fprintf(out, "SET @was%d=ROW_COUNT();\n", i)
			}
		}
	}
	for i := range mends {
		if m := &mends[i]; m.updates() {
			statement(m.appendUpdate(nil))
		}
	}
	for i := range mends {
		m := &mends[i]
		switch {
		case m.brings() && m.removes():
			statement(m.appendInsert(nil, fmt.Sprintf("@was%d=1", i)))
		case m.brings():
			statement(m.appendInsert(nil, ""))
		}
	}
	if marked {
		out.WriteString(endMark + ";\n")
	}
	out.WriteString("COMMIT;\n")
}

// comment describes a side on one line.
func comment(s Side) string {
	text := fmt.Sprintf("%s, MySQL %s, server %s", s.Endpoint, s.Version, s.UUID)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
}

// printable writes string literals that hold more than plain ASCII as
// hexadecimal ones, so that neither a client nor an editor can change them.
func printable(sql []byte) []byte {
	out := make([]byte, 0, len(sql))
	for i := 0; i < len(sql); {
		switch sql[i] {
		case '`':
			end := i + 1
			for end < len(sql) && sql[end] != '`' {
				end++
			}
			end = min(end+1, len(sql))
			out = append(out, sql[i:end]...)
			i = end
		case '\'':
			value, end, plain := literalAt(sql, i)
			if plain {
				out = append(out, sql[i:end]...)
			} else {
				// Apart from what stands before, which may be _utf8mb4.
				out = hex.AppendEncode(append(out, " X'"...), value)
				out = append(out, '\'')
			}
			i = end
		default:
			out = append(out, sql[i])
			i++
		}
	}
	return out
}

// literalAt reads the string literal that begins at i. Package schema writes no
// other escapes than \0, \' and \\.
func literalAt(sql []byte, i int) (value []byte, end int, plain bool) {
	plain = true
	for end = i + 1; end < len(sql) && sql[end] != '\''; end++ {
		c := sql[end]
		if c == '\\' && end+1 < len(sql) {
			end++
			if c = sql[end]; c == '0' {
				c = 0
			}
		}
		plain = plain && c >= ' ' && c < 0x7f
		value = append(value, c)
	}
	return value, min(end+1, len(sql)), plain
}
