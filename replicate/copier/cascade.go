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
	children := map[*table][]*table{}
	for _, child := range c.tables {
		for i := range child.def.ForeignKeys {
			fk := &child.def.ForeignKeys[i]
			parent := c.byName[fk.Parent]
			if parent == nil || !fk.Cascades() {
				continue
			}
			if !slices.Contains(children[parent], child) {
				children[parent] = append(children[parent], child)
			}
			parent.referenced = append(parent.referenced, fk.ParentCols...)
		}
	}
	for _, t := range c.tables {
		t.cascades = reach(t, children)
		if slices.Contains(t.cascades, t) {
			// A circle: there is no order in which its chunks could be copied.
			t.circular, t.snapshotOnly = true, true
		}
	}
	for _, t := range c.tables {
		if t.circular {
			t.circle = c.circleOf(t)
		}
	}
	for _, t := range c.tables {
		for _, child := range t.cascades {
			if !slices.Contains(child.cascades, t) {
				child.after = append(child.after, t)
			}
		}
	}
}

// circleOf returns the tables whose changes come back to them by way of t.
func (c *Copier) circleOf(t *table) []*table {
	var circle []*table
	for _, m := range c.tables {
		if slices.Contains(t.cascades, m) && slices.Contains(m.cascades, t) {
			circle = append(circle, m)
		}
	}
	return circle
}

// reach returns everything that can be reached from t.
func reach(t *table, children map[*table][]*table) []*table {
	var out []*table
	queue := slices.Clone(children[t])
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if slices.Contains(out, next) {
			continue
		}
		out = append(out, next)
		queue = append(queue, children[next]...)
	}
	return out
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
		return t.referenceChanged(r.Table, r.Before, r.After)
	}
	return false
}

func (t *table) referenceChanged(def *schema.Table, before, after schema.Row) bool {
	for _, name := range t.referenced {
		if i := def.Column(name); i < 0 || !bytes.Equal(before[i], after[i]) {
			return true
		}
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
