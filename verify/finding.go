package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"tandem/internal/chunk"
	"tandem/internal/schema"
)

const (
	// maxText bounds a value in a report, maxKept the rows that a table's findings
	// hold on to for a repair, of which each may have maxKeptRow bytes.
	maxText    = 4 << 10
	maxKept    = 8 << 20
	maxKeptRow = 1 << 20
)

// mismatch makes a finding of a candidate. It reads the rows once more, with
// their values; false says that they are not what was seen last.
func (s *settler) mismatch(ctx context.Context, w *worker, c *candidate) (bool, error) {
	t := c.table
	if s.run.full && c.last[source].there && c.last[source].key != keyHash(c.key) {
		// Found by the target's key, whose bytes differ from the source's: that is a
		// candidate, too.
		return true, nil
	}
	if t.full(s.run.cfg.MaxFindings) {
		// Counted, not listed: no need for values. Rows that differ in text only are
		// not among them, see countTexts.
		t.finding(Finding{Class: c.class()}, s.run)
		return true, nil
	}
	var rows, large [2]schema.Row
	for i := range rows {
		if !c.last[i].there {
			continue
		}
		err := w.retry(ctx, func() (err error) {
			var hashes [][]byte
			rows[i], hashes, err = t.rowToTell(ctx, w.ends[i], i, c.key)
			large[i] = hashes
			return err
		})
		if err != nil {
			return false, err
		}
		if rows[i] == nil || !newImage(rows[i], t.list.Keys, large[i]).equal(c.last[i]) {
			return false, nil
		}
	}
	key := c.key
	for _, i := range []int{target, source} {
		if rows[i] != nil {
			key = chunk.Key(rows[i][:t.list.Keys])
		}
	}
	if !s.run.full && !t.spaces[source].Ordered() && t.seen(key) {
		return true, nil
	}
	f := Finding{Class: c.class(), Key: t.key(key), key: key.Clone(), source: t.whole(rows[source]), target: t.whole(rows[target])}
	for i := range large {
		for _, v := range large[i] {
			f.large = f.large || v != nil
		}
	}
	if f.Class == Different {
		columns := differing([2]schema.Row{rows[source], large[source]}, [2]schema.Row{rows[target], large[target]})
		equal, err := s.equalToServer(ctx, w, t, key, rows, columns)
		if err != nil {
			return false, err
		}
		if equal {
			f.Class = CollationOnly
		}
		for _, i := range columns {
			col := t.list.Column(i)
			f.Columns = append(f.Columns, ColumnDiff{
				Column: col.Name,
				Source: valueOf(col, rows[source], large[source], i, s.run.cfg.ShowValues),
				Target: valueOf(col, rows[target], large[target], i, s.run.cfg.ShowValues),
			})
		}
	}
	t.finding(f, s.run)
	return true, nil
}

func (c *candidate) class() Class {
	switch {
	case !c.last[source].there:
		return Extra
	case !c.last[target].there:
		return Missing
	}
	return Different
}

// full tells whether a table has as many findings as are kept.
func (t *table) full(limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.result.Findings) >= limit
}

// seen tells whether a row has been found before, and remembers it.
func (t *table) seen(key chunk.Key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.found == nil {
		t.found = map[string]struct{}{}
	}
	name := string(key.AppendBytes(nil))
	if _, ok := t.found[name]; ok {
		return true
	}
	if len(t.found) < maxCandidates {
		t.found[name] = struct{}{}
	}
	return false
}

// finding counts a finding and keeps it if there is room.
func (t *table) finding(f Finding, r *run) {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := &t.result.Counts
	switch f.Class {
	case Missing:
		counts.Missing++
	case Extra:
		counts.Extra++
	case Different:
		counts.Different++
	case CollationOnly:
		counts.CollationOnly++
	case Unresolved:
		counts.Unresolved++
	}
	if f.Class != Unresolved {
		r.mismatches.Add(1)
	}
	if len(t.result.Findings) >= r.cfg.MaxFindings {
		t.result.Omitted++
		return
	}
	size := int64(f.source.Size() + f.target.Size())
	if f.large || size > maxKeptRow || t.kept+size > maxKept {
		f.large = true
		f.source, f.target = nil, nil
	} else {
		t.kept += size
	}
	t.result.Findings = append(t.result.Findings, f)
}

// unresolved notes a row that never stood still.
func (r *run) unresolved(c *candidate) {
	c.table.finding(Finding{Class: Unresolved, Key: c.table.key(c.key), key: c.key}, r)
}

// valueOf makes a report's value of a row's i-th one, which may be a large one of
// which the length and the hash are known.
func valueOf(c *schema.Column, row, large schema.Row, i int, show bool) Value {
	if len(large) == 0 || large[i] == nil {
		return value(c, row[i], show)
	}
	var out Value
	length, hash, _ := strings.Cut(string(large[i]), ":")
	out.Size, _ = strconv.Atoi(length) // of our own making
	out.Hash = hash[:min(len(hash), 16)]
	if show {
		text := "(" + length + " bytes)"
		out.Text = &text
	}
	return out
}

// value makes a report's value of a canonical one.
func value(c *schema.Column, v []byte, show bool) Value {
	if v == nil {
		return Value{Null: true}
	}
	sum := sha256.Sum256(v)
	out := Value{Hash: hex.EncodeToString(sum[:8]), Size: len(v)}
	if show {
		text := readable(c, v)
		out.Text = &text
	}
	return out
}

// readable is a value for people: text as it is, what is no text in hexadecimal,
// a JSON document with the values whose types its text does not show.
func readable(c *schema.Column, v []byte) string {
	if c.Kind == schema.JSON {
		d := schema.ParseTypedJSON(v)
		text := string(d.Text)
		for _, leaf := range d.Leaves {
			text += " " + leaf.Path + "=" + leaf.Expr
		}
		return cutText(text)
	}
	binary := false
	switch c.Kind {
	case schema.Binary, schema.Bytes, schema.Geometry, schema.Vector:
		binary = true
	}
	if binary || !utf8.Valid(v) {
		return cutText("0x" + hex.EncodeToString(v[:min(len(v), maxText)]))
	}
	return cutText(string(v))
}

func cutText(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
