package suggest

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	options := []string{"include", "exclude", "workers", "ca", "port"}
	for _, c := range []struct{ text, want string }{
		{"inclde", "include"},
		{"excludes", "exclude"},
		{"wrokers", "workers"},
		{"Port", "port"},
		{"pot", "port"},
		{"ac", "ca"},
		{"chunk", ""},
		{"", ""},
	} {
		if got := Nearest(c.text, options); got != c.want {
			t.Errorf("Nearest(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestDistanceIsSymmetricAndZeroForEqual(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-dあ]{0,8}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := Distance(a, b)
		if d != Distance(b, a) || (d == 0) != (a == b) {
			t.Fatalf("distance %q %q = %d, back %d", a, b, d, Distance(b, a))
		}
		if longest := max(len([]rune(a)), len([]rune(b))); d > longest {
			t.Fatalf("distance %q %q = %d, more than %d", a, b, d, longest)
		}
	})
}
