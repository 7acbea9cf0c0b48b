package config

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func pattern(t interface{ Fatal(...any) }, text string) Pattern {
	p, err := ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPatternMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, db, table string
		want               bool
	}{
		{"courier.*", "courier", "orders", true},
		{"courier.*", "courier2", "orders", false},
		{"courier.*", "Courier", "orders", false},
		{"*.*", "a", "b", true},
		{"c*r.report_*", "courier", "report_", true},
		{"c*r.report_*", "courier", "reports", false},
		{"c.?", "c", "x", true},
		{"c.?", "c", "宅", true},
		{"c.?", "c", "", false},
		{"c.?", "c", "xy", false},
		{"c.*a*b", "c", "xaxxbxb", true},
		{"c.*a*b", "c", "xaxxbx", false},
		{"c.**", "c", "x", true},
		{"c.a$b", "c", "a$b", false}, // refused below
		{"`odd.db`.`what?`", "odd.db", "what?", true},
		{"`odd.db`.`what?`", "odd.db", "whatx", false},
		{"`tick``y`.`*`", "tick`y", "*", true},
		{"`tick``y`.`*`", "tick`y", "x", false},
		{"宅配.荷物_*", "宅配", "荷物_1", true},
		{"c.tmp-1", "c", "tmp-1", true},
	} {
		p, err := ParsePattern(c.pattern)
		if err != nil {
			if c.want {
				t.Errorf("%s: %v", c.pattern, err)
			}
			continue
		}
		if got := p.Match(c.db, c.table); got != c.want {
			t.Errorf("%s matches %q.%q: %v, want %v", c.pattern, c.db, c.table, got, c.want)
		}
	}
}

func TestBadPatterns(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ".", "a", "a.", ".b", "a.b.c", "`a.b", "a.`b", "`a`x.b", "``.b", "a.``", "a.[b]", "a. b", "a.b;", "a.b\n", "a.x`y`"} {
		if p, err := ParsePattern(text); err == nil {
			t.Errorf("%q is accepted as %+v", text, p)
		} else if hintOf(err) == "" {
			t.Errorf("%q: no hint with %v", text, err)
		}
	}
}

func TestZeroPatternMatchesNothing(t *testing.T) {
	t.Parallel()
	var p Pattern
	if p.Match("", "") || p.Match("a", "b") || p.Covers(p) || (TableFilter{}).Match("a", "b") {
		t.Error("the zero pattern matches")
	}
}

// TestCoversImpliesMatch: what the narrower of two patterns matches, the one
// that covers it matches too.
func TestCoversImpliesMatch(t *testing.T) {
	t.Parallel()
	covered := 0
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`[ab*?]{1,4}`)
		a, b := pattern(t, "d."+part.Draw(t, "a")), pattern(t, "d."+part.Draw(t, "b"))
		if !a.Covers(b) {
			return
		}
		covered++
		name := rapid.StringMatching(`[ab]{0,6}`).Draw(t, "name")
		if b.Match("d", name) && !a.Match("d", name) {
			t.Fatalf("%s covers %s, but only the latter matches %q", a, b, name)
		}
	})
	if covered == 0 {
		t.Error("no pattern ever covered another: the property was not tested")
	}
}

// TestMatchLikeAnOracle compares with a matcher that tries every way.
func TestMatchLikeAnOracle(t *testing.T) {
	t.Parallel()
	var oracle func(p, s string) bool
	oracle = func(p, s string) bool {
		switch {
		case p == "":
			return s == ""
		case p[0] == '*':
			return oracle(p[1:], s) || s != "" && oracle(p, s[1:])
		default:
			return s != "" && (p[0] == '?' || p[0] == s[0]) && oracle(p[1:], s[1:])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringMatching(`[ab*?]{1,6}`).Draw(t, "pattern")
		s := rapid.StringMatching(`[ab]{0,7}`).Draw(t, "name")
		if got, want := pattern(t, "d."+p).Match("d", s), oracle(p, s); got != want {
			t.Fatalf("%q on %q: %v, want %v", p, s, got, want)
		}
	})
}

func TestFilter(t *testing.T) {
	t.Parallel()
	f := Tables{
		Include: []Pattern{pattern(t, "*.*"), pattern(t, "mysql.user")},
		Exclude: []Pattern{pattern(t, "courier.tmp_*"), pattern(t, "scratch.*")},
	}.Filter()
	for name, want := range map[string]bool{
		"courier.orders": true, "courier.tmp_1": false, "scratch.a": false, "other.tmp_1": true,
		"mysql.user": false, "MySQL.user": false, "sys.x": false, "information_schema.tables": false,
		"INFORMATION_SCHEMA.TABLES": false, "performance_schema.x": false, "_tandem.checkpoint": false, "ndbinfo.x": false,
		"_tandem2.x": true,
	} {
		db, table, _ := strings.Cut(name, ".")
		if got := f.Match(db, table); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for db, want := range map[string]bool{"courier": true, "mysql": false, "_TANDEM": false} {
		if got := f.MatchDatabase(db); got != want {
			t.Errorf("database %s: %v, want %v", db, got, want)
		}
	}
}
