package catalog

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMembers(t *testing.T) {
	for typ, want := range map[string][]string{
		`enum('a','b')`:            {"a", "b"},
		`set('a,b','it''s',')')`:   {"a,b", "it's", ")"},
		`enum('','\\','\n\0')`:     {"", `\`, "\n\x00"},
		`enum('日本','''')`:          {"日本", "'"},
		`enum('x') charset 'ab'`:   {"x"},
		`enum('unsigned','Ü''''')`: {"unsigned", "Ü''"},
	} {
		got, err := parseMembers(typ)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", typ, got, err)
		}
	}
	for _, typ := range []string{"enum", "enum(", "enum('a", "enum('a' 'b')", "enum(a)", `enum('a\`} {
		if got, err := parseMembers(typ); err == nil {
			t.Errorf("%s: %q", typ, got)
		}
	}
}

func TestParseMembersProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.String(), 1, 8).Draw(t, "members")
		var quoted []string
		for _, m := range want {
			quoted = append(quoted, "'"+strings.NewReplacer(`\`, `\\`, "'", "''", "\x00", `\0`, "\n", `\n`, "\r", `\r`).Replace(m)+"'")
		}
		got, err := parseMembers("set(" + strings.Join(quoted, ",") + ")")
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q, %v", got, err)
		}
	})
}
