package copier

import (
	"bytes"
	"slices"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// linkForeignKeys works out which tables wait for which, where the source does
// not log what its foreign keys change.
func (c *Copier) linkForeignKeys() {
	if c.cfg.CascadesLogged {
		return
	}
	defs := make([]*schema.Table, len(c.tables))
	for i, t := range c.tables {
		defs[i] = t.def
	}
	reach := schema.ReachOf(defs)
	for _, t := range c.tables {
		t.referenced = reach.Columns[t.name]
		for _, below := range reach.Below[t.name] {
			t.cascades = append(t.cascades, c.byName[below])
		}
		if reach.Circular(t.name) {
			// There is no order in which its chunks could be copied.
			t.circular, t.snapshotOnly = true, true
			t.circle = nil
		}
	}
	for _, t := range c.tables {
		for _, other := range c.tables {
			there, back := reach.Reaches(t.name, other.name), reach.Reaches(other.name, t.name)
			switch {
			case there && back:
				t.circle = append(t.circle, other)
			case there:
				other.after = append(other.after, t)
			}
		}
	}
}

// cascading tells whether a change of a row of t may have changed rows of its
// children that are not in the binlog.
func (c *Copier) cascading(t *table, r *change.RowChange) bool {
	if len(t.cascades) == 0 || r.Flags&(change.CascadesLogged|change.NoForeignKeyChecks) != 0 {
		return false
	}
	switch r.Op {
	case change.Delete:
		return true
	case change.Update:
		return r.Table.Changed(t.referenced, r.Before, r.After)
	}
	return false
}

// cascaded makes chunks of the children that are being read start again. It
// tells whether a child's SELECT has to wait for the change.
func (c *Copier) cascaded(t *table) (remember bool) {
	for _, child := range t.cascades {
		if child.copied() {
			continue
		}
		remember = true
		for _, s := range child.segments {
			if s.state == reading {
				s.outdated = true
			}
		}
	}
	return remember
}

// redefine takes over what a statement has made of the tables. c.mu is held.
func (c *Copier) redefine(st *change.Statement) {
	for _, name := range st.Tables {
		t := c.byName[name]
		if t == nil || t.copied() {
			continue
		}
		for _, s := range t.segments {
			if s.state == reading {
				s.outdated = true
			}
		}
		def, ok := c.cfg.Lookup(name)
		switch {
		case !ok && isDrop(st.SQL):
			t.phase = done
		case !ok:
			t.broken = &RenamedError{Table: name, Statement: st.SQL}
		case def != t.def:
			if !sameKeyColumns(t.def, def) {
				t.restart(def)
				break
			}
			t.define(def)
		}
	}
	c.changed()
}

func isDrop(sql string) bool {
	word, _, _ := bytes.Cut(bytes.TrimSpace([]byte(sql)), []byte(" "))
	return bytes.EqualFold(word, []byte("DROP"))
}

// sameKeyColumns tells whether keys of both versions mean the same.
func sameKeyColumns(a, b *schema.Table) bool {
	ka, kb := a.RowKey(), b.RowKey()
	if ka == nil || kb == nil {
		return ka == kb
	}
	return slices.EqualFunc(ka.Parts, kb.Parts, func(p, q schema.KeyPart) bool {
		x, y := &a.Columns[p.Column], &b.Columns[q.Column]
		return x.Name == y.Name && x.Kind == y.Kind && x.Unsigned == y.Unsigned && x.Collation == y.Collation &&
			x.Scale == y.Scale && p.Descending == q.Descending && p.Prefix == q.Prefix && slices.Equal(x.Members, y.Members)
	})
}
