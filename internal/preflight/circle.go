package preflight

import (
	"slices"

	"tandem/internal/schema"
)

// circular returns the tables whose changes come back to them by foreign keys
// that cascade: their copies are made from one snapshot where the binlog does not
// have what cascades change.
func circular(tables []*schema.Table) map[schema.Name]bool {
	children := map[schema.Name][]schema.Name{}
	for _, t := range tables {
		for i := range t.ForeignKeys {
			if fk := &t.ForeignKeys[i]; fk.Cascades() {
				children[fk.Parent] = append(children[fk.Parent], t.Name)
			}
		}
	}
	out := map[schema.Name]bool{}
	for _, t := range tables {
		var seen []schema.Name
		for queue := slices.Clone(children[t.Name]); len(queue) > 0; queue = queue[1:] {
			if n := queue[0]; !slices.Contains(seen, n) {
				seen = append(seen, n)
				queue = append(queue, children[n]...)
			}
		}
		out[t.Name] = slices.Contains(seen, t.Name)
	}
	return out
}
