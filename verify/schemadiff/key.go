package schemadiff

import (
	"strconv"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// compareKeys compares indexes: first by name, then what is left by content.
func (p *pair) compareKeys(a, b *table) {
	f := func(id string, severity Severity, key, what string) Finding {
		return Finding{ID: id, Severity: severity, Kind: Key, Object: a.Name.String() + "." + key, What: what}
	}
	left := map[string]*keyExtra{}
	for i := range b.keys {
		left[strings.ToLower(b.keys[i].Name)] = &b.keys[i]
	}
	var missing []*keyExtra
	for i := range a.keys {
		k := &a.keys[i]
		o := left[strings.ToLower(k.Name)]
		if o == nil {
			missing = append(missing, k)
			continue
		}
		delete(left, strings.ToLower(k.Name))
		if x, y := a.keyText(k), b.keyText(o); x != y {
			finding := f("key-different", Mismatch, k.Name, "the key is not the same on both sides")
			finding.Source, finding.Target = x, y
			finding.Fix = a.remakeKey(k, o)
			p.add(finding)
			continue
		}
		p.compareKeyLooks(a, k, o)
	}
	for _, k := range missing {
		if o := sameKey(a, b, k, left); o != nil {
			delete(left, strings.ToLower(o.Name))
			finding := f("key-name", Info, k.Name, "the key has another name, which matters to index hints only")
			finding.Source, finding.Target = k.Name, o.Name
			finding.Fix = []string{alter(a.Name, "RENAME INDEX "+schema.Quote(o.Name)+" TO "+schema.Quote(k.Name))}
			p.add(finding)
			p.compareKeyLooks(a, k, o)
			continue
		}
		finding := f("key-missing", Mismatch, k.Name, "the key is not on the "+p.target.name)
		finding.Source, finding.Fix = a.keyText(k), []string{alter(a.Name, "ADD "+a.keySQL(k))}
		p.add(finding)
	}
	for i := range b.keys {
		k := &b.keys[i]
		if left[strings.ToLower(k.Name)] != k {
			continue
		}
		finding := f("key-extra", Mismatch, k.Name, p.extra("key"))
		finding.Target, finding.Fix = b.keyText(k), []string{alter(a.Name, dropKey(k))}
		p.add(finding)
	}
}

// sameKey returns a key of the target that is k under another name.
func sameKey(a, b *table, k *keyExtra, left map[string]*keyExtra) *keyExtra {
	for i := range b.keys {
		o := &b.keys[i]
		if left[strings.ToLower(o.Name)] == o && !o.Primary && !k.Primary && a.keyText(k) == b.keyText(o) {
			return o
		}
	}
	return nil
}

// compareKeyLooks compares what does not change which rows a key takes.
func (p *pair) compareKeyLooks(a *table, k, o *keyExtra) {
	f := Finding{Kind: Key, Object: a.Name.String() + "." + k.Name}
	if k.invisible != o.invisible {
		f := f
		f.ID, f.Severity, f.What = "key-visible", Mismatch, "queries use the key on one side only"
		f.Source, f.Target = visibility(k), visibility(o)
		f.Fix = []string{alter(a.Name, "ALTER INDEX "+schema.Quote(k.Name)+" "+visibility(k))}
		p.add(f)
	}
	if k.comment != o.comment {
		f.ID, f.Severity, f.What = "key-comment", Info, "the key has another comment"
		f.Source, f.Target = k.comment, o.comment
		f.Fix = a.remakeKey(k, o)
		p.add(f)
	}
}

func visibility(k *keyExtra) string {
	if k.invisible {
		return "INVISIBLE"
	}
	return "VISIBLE"
}

func dropKey(k *keyExtra) string {
	if k.Primary {
		return "DROP PRIMARY KEY"
	}
	return "DROP KEY " + schema.Quote(k.Name)
}

// remakeKey makes k in place of o, in one statement so that no foreign key is
// without an index. A server takes two FULLTEXT keys for one that differ in
// their parsers only, and would do nothing.
func (t *table) remakeKey(k, o *keyExtra) []string {
	if k.method == "FULLTEXT" && o.method == "FULLTEXT" {
		return []string{alter(t.Name, dropKey(o)), alter(t.Name, "ADD "+t.keySQL(k))}
	}
	return []string{alter(t.Name, dropKey(o)+", ADD "+t.keySQL(k))}
}

// keyText is what a key is, without its name.
func (t *table) keyText(k *keyExtra) string {
	parts := make([]string, len(k.Parts))
	list := ""
	for i, part := range k.Parts {
		if part.Column < 0 {
			list = flat(t.shown.keys[k.Name], ofExpressions)
			continue
		}
		parts[i] = strings.ToLower(t.Columns[part.Column].Name) + prefixAndOrder(part)
	}
	if list == "" {
		list = strings.Join(parts, ", ")
	}
	s := keyWord(k) + " (" + list + ")"
	if parser := t.shown.parsers[k.Name]; parser != "" {
		s += " WITH PARSER " + strings.ToLower(parser)
	}
	return s
}

func prefixAndOrder(p schema.KeyPart) string {
	s := ""
	if p.Prefix > 0 {
		s = "(" + strconv.Itoa(p.Prefix) + ")"
	}
	if p.Descending {
		s += " DESC"
	}
	return s
}

// keyWord is PRIMARY KEY, UNIQUE KEY and so on.
func keyWord(k *keyExtra) string {
	switch {
	case k.Primary:
		return "PRIMARY KEY"
	case k.method == "FULLTEXT":
		return "FULLTEXT KEY"
	case k.method == "SPATIAL" || k.method == "RTREE":
		return "SPATIAL KEY"
	case k.Unique:
		return "UNIQUE KEY"
	}
	return "KEY"
}

// keySQL is what CREATE TABLE takes for the key.
func (t *table) keySQL(k *keyExtra) string {
	parts := make([]string, len(k.Parts))
	list := ""
	for i, part := range k.Parts {
		if part.Column < 0 {
			list = t.shown.keys[k.Name]
			continue
		}
		parts[i] = schema.Quote(t.Columns[part.Column].Name) + prefixAndOrder(part)
	}
	if list == "" {
		list = strings.Join(parts, ", ")
	}
	s := keyWord(k)
	if !k.Primary {
		s += " " + schema.Quote(k.Name)
	}
	s += " (" + list + ")"
	if parser := t.shown.parsers[k.Name]; parser != "" {
		s += " WITH PARSER " + schema.Quote(parser)
	}
	if k.comment != "" {
		s += " COMMENT " + sqltoken.Quote(k.comment)
	}
	if k.invisible {
		s += " INVISIBLE"
	}
	return s
}
