package schemadiff

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// compareObjects compares views, routines, triggers and events. Those that are
// not on the target have been left out on purpose: they would work on rows a
// second time there, and come with the handover.
func (p *pair) compareObjects(ctx context.Context) error {
	for _, q := range objectQueries {
		a, b := p.source.objects[q.kind], p.target.objects[q.kind]
		for _, name := range union(a, b) {
			if some := cmp.Or(a[name], b[name]); !p.leadsObject(some) {
				continue
			}
			if err := p.compareObject(ctx, a[name], b[name]); err != nil {
				return err
			}
		}
	}
	p.compareTriggerOrder()
	return nil
}

func (p *pair) compareObject(ctx context.Context, a, b *object) error {
	some := cmp.Or(a, b)
	f := Finding{Kind: some.kind, Object: some.name.String()}
	id := string(some.kind)
	for _, o := range []*object{a, b} {
		if o != nil && o.unreadable != "" {
			f.ID, f.Severity, f.What, f.Unchecked = id+"-unread", Warn, "this could not be compared: "+o.unreadable, true
			p.add(f)
			return nil
		}
	}
	switch {
	case a == nil:
		if _, there := p.source.databases[b.name.Schema]; !there {
			return nil // the database is too much as a whole
		}
		f.ID, f.Severity, f.What = id+"-extra", Mismatch, fmt.Sprintf("the %s is on the %s only", some.kind, p.target.name)
		f.Target, f.Fix = b.shortText(), []string{b.drop()}
		p.add(f)
	case b == nil:
		f.ID, f.Severity, f.What = id+"-missing", Warn, fmt.Sprintf("the %s is to be created at the handover%s", some.kind, p.definerNote(a))
		if a.kind == Event {
			f.What = "the event is to be created, and enabled at the handover" + p.definerNote(a)
		}
		f.Source, f.Fix = a.shortText(), p.make(a, "DISABLE")
		p.add(f)
	default:
		return p.comparePresent(ctx, a, b, f)
	}
	return nil
}

// comparePresent compares an object that is on both sides.
func (p *pair) comparePresent(ctx context.Context, a, b *object, f Finding) error {
	id := string(a.kind)
	anew := p.make(a, b.statusWord())
	if a.kind != View {
		// The session is set up first, so that as little as can be fails in between.
		anew = slices.Insert(anew, len(anew)-1, b.drop())
	}
	if a.text() != b.text() || a.table != b.table || a.timeZone != b.timeZone {
		f := f
		f.ID, f.Severity, f.What = id+"-different", Mismatch, fmt.Sprintf("the %s is not the same on both sides", a.kind)
		f.Fix = anew
		f.Source, f.Target = shortTexts(a, b)
		if a.kind == View && p.source.facts.Version.Series() != p.target.facts.Version.Series() {
			same, err := p.sameViews(ctx, a, b)
			if err != nil {
				return err
			}
			if same {
				f.ID, f.Severity, f.What = "view-printed", Info, "the servers print the view in different ways; to the "+p.target.name+" both are one"
				f.Fix = nil
			}
		}
		p.add(f)
	}
	if x, y := normalMode(a.sqlMode), normalMode(b.sqlMode); x != y {
		f := f
		f.ID, f.Severity, f.What = id+"-sql-mode", Mismatch, fmt.Sprintf("the %s runs under another sql_mode", a.kind)
		f.Source, f.Target, f.Fix = x, y, anew
		p.add(f)
	}
	if a.collation != b.collation {
		f := f
		f.ID, f.Severity, f.What = id+"-collation", Info, fmt.Sprintf("literals in the %s have another collation", a.kind)
		f.Source, f.Target, f.Fix = a.collation, b.collation, anew
		p.add(f)
	}
	if want := p.accountOf(a.definer); want != b.definer {
		f := f
		f.ID, f.Severity, f.What = id+"-definer", Info, fmt.Sprintf("the %s runs as another account", a.kind)
		f.Source, f.Target, f.Fix = a.definer, b.definer, anew
		p.add(f)
	}
	switch a.kind {
	case Trigger:
		if p.config.Linked {
			f.ID, f.Severity, f.What = "trigger-both", Warn, "the trigger works on both sides: on the "+p.target.name+" a second time, for what the link writes"
			f.Fix = []string{b.drop()}
			p.add(f)
		}
	case Event:
		p.compareStatus(a, b, f)
	}
	return nil
}

// make returns the statements that make the object on the target.
func (p *pair) make(o *object, status string) []string {
	return append(p.session(o), o.create(p.accountOf(o.definer), status))
}

// session returns the statements that make a session like the one in which the
// object was made: what is made or altered keeps a good deal of it.
func (p *pair) session(o *object) []string {
	s := []string{"SET SESSION collation_connection=" + p.forTarget(o.collation)}
	if o.kind == View {
		return append(s, "USE "+schema.Quote(o.name.Schema)) // servers print functions without their database
	}
	s = append(s, "SET SESSION sql_mode="+sqltoken.Quote(normalMode(o.sqlMode)))
	if o.kind == Event {
		s = append(s, "SET SESSION time_zone="+sqltoken.Quote(o.timeZone))
	}
	return s
}

func (p *pair) definerNote(o *object) string {
	account := p.accountOf(o.definer)
	if p.target.accounts == nil || p.target.accounts.all[account] != nil {
		return ""
	}
	return "; its definer " + account + " is not on the " + p.target.name
}

// shortText is the definition in one line, for people, when it is the only one.
func (o *object) shortText() string { return excerpt(o.oneLine(), 0) }

// shortTexts are two definitions around the place where they begin to differ.
func shortTexts(a, b *object) (source, target string) {
	x, y := a.oneLine(), b.oneLine()
	at := 0
	for at < len(x) && at < len(y) && x[at] == y[at] {
		at++
	}
	return excerpt(x, at), excerpt(y, at)
}

func (o *object) oneLine() string {
	s := o.before + strings.ToUpper(string(o.kind)) + " " + o.name.Table + o.rest
	if o.timeZone != "" {
		s = "(" + o.timeZone + ") " + s
	}
	return strings.Join(strings.Fields(s), " ")
}

// excerpt cuts a long text down to what stands around a byte of it.
func excerpt(s string, at int) string {
	const before, most = 60, 200
	start, prefix, suffix := 0, "", ""
	if at > most-before && len(s) > most {
		start, prefix = at-before, "…"
	}
	end := len(s)
	if end > start+most {
		end, suffix = start+most, "…"
	}
	return prefix + strings.ToValidUTF8(s[start:end], "") + suffix
}

// gone are modes that servers from 8.0 on no longer have. Those which stand for
// several are printed together with what they stand for.
var gone = []string{"NO_AUTO_CREATE_USER", "NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS",
	"POSTGRESQL", "ORACLE", "MSSQL", "DB2", "MAXDB", "MYSQL323", "MYSQL40"}

// normalMode is an sql_mode as every version takes it, sorted.
func normalMode(mode string) string {
	var kept []string
	for m := range strings.SplitSeq(mode, ",") {
		if m != "" && !slices.Contains(gone, m) {
			kept = append(kept, m)
		}
	}
	slices.Sort(kept)
	return strings.Join(kept, ",")
}
