package verify

import (
	"context"
	"fmt"
	"sync"

	"tandem/internal/catalog"
	"tandem/internal/schema"
)

// kept is what a session keeps from one comparison to the next.
type kept struct {
	mu   sync.Mutex
	free []ends
	defs map[schema.Name]*definition
}

// definition is what is known of a table.
type definition struct {
	defs               [2]*schema.Table
	rowBytes, rowCount int64 // estimated
}

func newKept() *kept { return &kept{defs: map[schema.Name]*definition{}} }

func (k *kept) close() {
	for _, e := range k.free {
		e.close()
	}
}

// take takes connections that are not in use.
func (k *kept) take() (ends, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := len(k.free)
	if n == 0 {
		return ends{}, false
	}
	e := k.free[n-1]
	k.free = k.free[:n-1]
	return e, true
}

func (k *kept) forget(name schema.Name) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.defs[name] = nil
}

func (k *kept) names() []schema.Name {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []schema.Name
	for name := range k.defs {
		out = append(out, name)
	}
	return out
}

// keepTables looks at all tables before they are needed.
func (r *run) keepTables(ctx context.Context) error {
	for i, db := range r.dbs {
		all, err := catalog.Load(ctx, db, r.wanted)
		if err != nil {
			return fmt.Errorf("look at the tables of %s: %w", r.endpointName(i), err)
		}
		for _, def := range all {
			d := r.kept.defs[def.Name]
			if d == nil {
				d = &definition{}
				r.kept.defs[def.Name] = d
			}
			d.defs[i] = def
		}
	}
	for _, d := range r.kept.defs {
		if d.defs[source] == nil || d.defs[target] == nil {
			continue
		}
		if err := r.size(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
