package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tandem/internal/schema"
)

// Diff says in words how the rows of b's table differ in shape from those of
// a's: one line for each difference that the fingerprints see, none if they are
// equal. Messages call a the source and b the target.
func Diff(a, b *schema.Table) []string {
	var d []string
	for i := range a.Columns {
		c := &a.Columns[i]
		j := b.Column(c.Name)
		if j < 0 {
			d = append(d, fmt.Sprintf("column %s is missing on the target", c.Name))
			continue
		}
		d = append(d, diffColumn(c, &b.Columns[j])...)
	}
	for i := range b.Columns {
		if a.Column(b.Columns[i].Name) < 0 {
			d = append(d, fmt.Sprintf("column %s is on the target only", b.Columns[i].Name))
		}
	}
	if len(d) == 0 {
		d = append(d, diffOrder(a, b)...)
	}
	return append(d, diffKeys(uniqueKeys(a), uniqueKeys(b))...)
}

func diffColumn(a, b *schema.Column) []string {
	var d []string
	if x, y := describe(a), describe(b); x != y {
		d = append(d, fmt.Sprintf("column %s is %s on the source, %s on the target", a.Name, x, y))
	}
	if !slices.Equal(a.Members, b.Members) {
		d = append(d, fmt.Sprintf("column %s has the members %s on the source, %s on the target",
			a.Name, quoteAll(a.Members), quoteAll(b.Members)))
	}
	return d
}

// diffOrder compares the order of columns, when it is all that can differ.
func diffOrder(a, b *schema.Table) []string {
	for i := range a.Columns {
		if !strings.EqualFold(a.Columns[i].Name, b.Columns[i].Name) {
			return []string{fmt.Sprintf("column %d is %s on the source, %s on the target",
				i+1, a.Columns[i].Name, b.Columns[i].Name)}
		}
	}
	return nil
}

func diffKeys(a, b []string) []string {
	var d []string
	for _, k := range minus(a, b) {
		d = append(d, k+" is missing on the target")
	}
	for _, k := range minus(b, a) {
		d = append(d, k+" is on the target only")
	}
	return d
}

// Notes says in words what else differs: plain indexes and foreign keys, which
// do not change what a row is.
func Notes(a, b *schema.Table) []string {
	plain := func(k *schema.Key) bool { return !k.Unique }
	d := diffKeys(describeKeys(a, plain), describeKeys(b, plain))
	return append(d, diffKeys(describeForeignKeys(a), describeForeignKeys(b))...)
}

// describeKeys returns the keys that which picks, in words, sorted.
func describeKeys(t *schema.Table, which func(*schema.Key) bool) []string {
	var all []string
	for i := range t.Keys {
		k := &t.Keys[i]
		if !which(k) {
			continue
		}
		parts := make([]string, len(k.Parts))
		for j, p := range k.Parts {
			parts[j] = describePart(t, p)
		}
		kind := "index"
		switch {
		case k.Primary:
			kind = "primary key"
		case k.Unique:
			kind = "unique key"
		}
		all = append(all, kind+" ("+strings.Join(parts, ", ")+")")
	}
	slices.Sort(all)
	return all
}

func describePart(t *schema.Table, p schema.KeyPart) string {
	s := "(" + p.Expression + ")"
	if p.Column >= 0 {
		s = strings.ToLower(t.Columns[p.Column].Name)
	}
	if p.Prefix > 0 {
		s += "(" + strconv.Itoa(p.Prefix) + ")"
	}
	if p.Descending {
		s += " desc"
	}
	return s
}

func describeForeignKeys(t *schema.Table) []string {
	var all []string
	for _, f := range t.ForeignKeys {
		cols := make([]string, len(f.Columns))
		for i, c := range f.Columns {
			cols[i] = t.Columns[c].Name
		}
		all = append(all, fmt.Sprintf("foreign key (%s) to %s (%s) on delete %s on update %s",
			strings.ToLower(strings.Join(cols, ", ")), f.Parent, strings.ToLower(strings.Join(f.ParentCols, ", ")),
			action(f.OnDelete), action(f.OnUpdate)))
	}
	slices.Sort(all)
	return all
}

// action gives RESTRICT and NO ACTION one name: they are the same to InnoDB,
// and versions differ in which of them they say.
func action(s string) string {
	if s == "RESTRICT" {
		return "no action"
	}
	return strings.ToLower(s)
}

// minus returns what of a is not in b, counting repetitions.
func minus(a, b []string) []string {
	left := map[string]int{}
	for _, s := range b {
		left[s]++
	}
	var out []string
	for _, s := range a {
		if left[s] > 0 {
			left[s]--
			continue
		}
		out = append(out, s)
	}
	return out
}

func quoteAll(members []string) string {
	q := make([]string, len(members))
	for i, m := range members {
		q[i] = strconv.Quote(m)
	}
	return strings.Join(q, ",")
}
