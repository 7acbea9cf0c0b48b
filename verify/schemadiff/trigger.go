package schemadiff

import (
	"slices"
	"strings"

	"tandem/internal/schema"
)

// compareTriggerOrder compares the order in which several triggers for one event
// of a table work. Those that one side lacks are left out.
func (p *pair) compareTriggerOrder() {
	a, b := p.source.objects[Trigger], p.target.objects[Trigger]
	groups := map[string][]schema.Name{}
	for _, name := range names(a) {
		if o := b[name]; o != nil && p.leadsObject(o) && a[name].slot == o.slot && o.unreadable == "" && a[name].unreadable == "" {
			key := name.Schema + "." + o.table + " " + o.slot
			groups[key] = append(groups[key], name)
		}
	}
	for key, group := range groups {
		x, y := inOrder(group, a), inOrder(group, b)
		if slices.Equal(x, y) {
			continue
		}
		f := Finding{ID: "trigger-order", Severity: Mismatch, Kind: Trigger, Object: key,
			What: "the triggers work in another order", Source: list(x), Target: list(y)}
		for _, name := range x {
			f.Fix = append(f.Fix, b[name].drop())
		}
		for _, name := range x {
			f.Fix = append(f.Fix, p.make(a[name], "")...)
		}
		p.add(f)
	}
}

// inOrder sorts triggers by when they work. Before 5.7 there is one for each
// event, whatever its number.
func inOrder(group []schema.Name, of map[schema.Name]*object) []schema.Name {
	sorted := slices.Clone(group)
	slices.SortStableFunc(sorted, func(x, y schema.Name) int { return of[x].order - of[y].order })
	return sorted
}

func list(names []schema.Name) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = n.Table
	}
	return strings.Join(all, ", ")
}
