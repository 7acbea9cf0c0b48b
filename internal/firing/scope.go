package firing

import (
	"slices"

	"tandem/internal/schema"
)

// Scope says what is opened or closed.
type Scope struct {
	Migration string
	// Tables are those of the groups: their triggers come and go.
	Tables []schema.Name
	// Events are the databases whose events come and go: see [EventDatabases].
	Events []string
	// Definer says as which account, user@host, something is to run that runs as
	// the given one on the other side; nil for the same one.
	Definer func(account string) string
}

func (s *Scope) has(o *Object) bool {
	if o.Kind == Event {
		return slices.Contains(s.Events, o.Name.Schema)
	}
	return slices.Contains(s.Tables, schema.Name{Schema: o.Name.Schema, Table: o.Table})
}

func (s *Scope) definer(account string) string {
	if s.Definer == nil {
		return account
	}
	return s.Definer(account)
}

// EventDatabases returns the databases whose events move together with some
// groups. Events belong to a database, not to a group, so they move when the
// last group with tables in their database does: stay tells of a group whether
// it keeps them where they are.
//
// On the side that opens, those stay which it does not own yet; on the side that
// closes, those which it still owns. Groups that move are not asked.
func EventDatabases(tables map[string][]schema.Name, moving []string, stay func(group string) bool) []string {
	var all []string
	for _, g := range moving {
		for _, d := range schemas(tables[g]) {
			if !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	for g, list := range tables {
		if slices.Contains(moving, g) || !stay(g) {
			continue
		}
		all = slices.DeleteFunc(all, func(d string) bool { return slices.Contains(schemas(list), d) })
	}
	slices.Sort(all)
	return all
}
