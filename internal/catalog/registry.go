package catalog

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"tandem/internal/schema"
)

// Registry is the set of replicated tables as they are at a stream's position.
// It is safe for concurrent use; the tables in it are never changed, only
// replaced.
type Registry struct {
	mu     sync.RWMutex
	tables map[schema.Name]*schema.Table
}

// NewRegistry returns a registry of those tables.
func NewRegistry(tables []*schema.Table) *Registry {
	r := &Registry{tables: make(map[schema.Name]*schema.Table, len(tables))}
	for _, t := range tables {
		r.tables[t.Name] = t
	}
	return r
}

// Table returns the table of that name, if it is replicated.
func (r *Registry) Table(name schema.Name) (*schema.Table, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t, ok := r.tables[name]
	return t, ok
}

// Tables returns all tables, sorted by name.
func (r *Registry) Tables() []*schema.Table {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.SortedFunc(maps.Values(r.tables), compareNames)
}

// Len returns the number of tables.
func (r *Registry) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.tables)
}

// Replace puts a new definition in the place of the one of the same name, or
// adds the table.
func (r *Registry) Replace(t *schema.Table) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tables[t.Name] = t
}

// Drop takes a table out.
func (r *Registry) Drop(name schema.Name) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tables, name)
}

// Rename gives a table another name, and leads the foreign keys of its children
// there. It tells whether there was such a table.
func (r *Registry) Rename(from, to schema.Name) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.tables[from]
	if !ok {
		return false
	}
	moved := *t
	moved.Name = to
	delete(r.tables, from)
	r.tables[to] = &moved
	for name, child := range r.tables {
		if refersTo(child, from) {
			r.tables[name] = withParent(child, from, to)
		}
	}
	return true
}

func refersTo(t *schema.Table, parent schema.Name) bool {
	return slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return f.Parent == parent })
}

func withParent(t *schema.Table, from, to schema.Name) *schema.Table {
	c := *t
	c.ForeignKeys = slices.Clone(t.ForeignKeys)
	for i := range c.ForeignKeys {
		if c.ForeignKeys[i].Parent == from {
			c.ForeignKeys[i].Parent = to
		}
	}
	return &c
}

func compareNames(a, b *schema.Table) int {
	if c := strings.Compare(a.Schema, b.Schema); c != 0 {
		return c
	}
	return strings.Compare(a.Table, b.Table)
}
