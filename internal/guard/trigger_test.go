package guard

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// Whatever names are used, a guard says whose it is, its message fits, and its
// body is one literal-safe text.
func TestBody(t *testing.T) {
	t.Parallel()
	name := rapid.StringOfN(rapid.RuneFrom([]rune("ab*/ \\'\"`=%+\nä🚚")), 1, 64, -1)
	rapid.Check(t, func(t *rapid.T) {
		g := guarded{migration: name.Draw(t, "migration"), group: name.Draw(t, "group"),
			side: rapid.SampledFrom([]ownership.Side{ownership.Source, ownership.Target}).Draw(t, "side")}
		table := schema.Name{Schema: name.Draw(t, "schema"), Table: name.Draw(t, "table")}
		body := g.body(table)
		of, digest, known := labelled(body)
		if !known || of != g || digest != g.digest(table) {
			t.Fatalf("%q says %+v, %s", body, of, digest)
		}
		if label := g.label("x"); strings.Contains(label, "*/") {
			t.Fatalf("the label ends its comment: %q", label)
		}
		m := g.message(table)
		if n := utf8.RuneCountInString(m); n > maxMessage || !strings.HasSuffix(m, "): reconnect") || !strings.HasPrefix(m, "tandem: ") {
			t.Fatalf("%d characters: %s", n, m)
		}
		// A literal ends where it is meant to: every quote inside stands behind a
		// backslash.
		inside := strings.TrimSuffix(strings.TrimPrefix(literal(g.group), "'"), "'")
		if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(inside, `\\`, ""), `\'`, ""), "'") {
			t.Fatalf("literal %s", literal(g.group))
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	long := schema.Name{Schema: strings.Repeat("s", 64), Table: strings.Repeat("t", 64)}
	seen := map[string]bool{}
	for _, table := range []schema.Name{long, {Schema: "a", Table: "b"}, {Schema: "a", Table: "B"}} {
		for _, e := range Events() {
			n := name(table, e)
			if len(n) > 64 || !strings.HasPrefix(n, Prefix) || seen[n] {
				t.Errorf("%s before %s: %s", table, e, n)
			}
			seen[n] = true
		}
	}
}

func TestPatience(t *testing.T) {
	t.Parallel()
	if patience(0) != shortest || patience(1) != 2*shortest || patience(3) != 0 || patience(1000) != 0 {
		t.Error("attempts do not get longer", patience(0), patience(1), patience(3), patience(1000))
	}
}
