package sqltoken

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string][]Token{
		"a+(`b)`)":          {{Word, "a", 0}, {Punct, "+", 0}, {Punct, "(", 0}, {Name, "`b)`", 1}, {Punct, ")", 0}},
		"'it''s' \"x\\\"\"": {{Text, "'it''s'", 0}, {Space, " ", 0}, {Text, "\"x\\\"\"", 0}},
		"/*!50100 x */":     {{Marker, "/*!50100", 0}, {Space, " ", 0}, {Word, "x", 0}, {Space, " ", 0}, {Marker, "*/", 0}},
		"a--1":              {{Word, "a", 0}, {Punct, "-", 0}, {Punct, "-", 0}, {Word, "1", 0}},
		"a-- 1\n2":          {{Word, "a", 0}, {Space, "-- 1\n", 0}, {Word, "2", 0}},
		"#x":                {{Space, "#x", 0}},
		"/* ( */(":          {{Space, "/* ( */", 0}, {Punct, "(", 0}},
		"/*+ h */":          {{Text, "/*+ h */", 0}},
		"`a``b`":            {{Name, "`a``b`", 0}},
		"_utf8mb4'ü'ü":      {{Word, "_utf8mb4", 0}, {Text, "'ü'", 0}, {Word, "ü", 0}},
	} {
		if d := cmp.Diff(want, Cut(sql)); d != "" {
			t.Errorf("%s: %s", sql, d)
		}
	}
}

// TestNothingIsLost: put together again, the tokens are the text, whatever it is.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"a", "'", "\"", "`", "\\", "(", ")", "/*", "/*!50100", "/*+", "*/", "--", "#", "\n", " ", "é", "\x00", ","})
	rapid.Check(t, func(t *rapid.T) {
		sql := ""
		for _, p := range rapid.SliceOf(piece).Draw(t, "pieces") {
			sql += p
		}
		tokens := Cut(sql)
		if got := Join(tokens); got != sql {
			t.Fatalf("%q became %q", sql, got)
		}
		for i := range tokens {
			if tokens[i].Is("(") {
				Inside(tokens, i)
			}
		}
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	tokens := Cut("x (WITH PARSER) /*!50100 with\n/* c */parser `ngram` */ (a, (b))")
	at := Find(tokens, 0, 0, "WITH", "PARSER")
	if at < 0 || tokens[at].Text != "with" {
		t.Fatalf("found token %d", at)
	}
	name := Next(tokens, Behind(tokens, at, []string{"WITH", "PARSER"}))
	if got := Unquote(tokens[name].Text); got != "ngram" {
		t.Errorf("the parser is %q", got)
	}
	within, end, ok := Inside(tokens, Find(tokens, name, 0, "("))
	if within != "a, (b)" || end != len(tokens)-1 || !ok {
		t.Errorf("in parentheses stands %q, up to %d of %d, %v", within, end, len(tokens), ok)
	}
	if open := Cut("(a"); Closing(open, 0) != len(open) {
		t.Error("a parenthesis that is not closed is closed")
	}
	if _, _, ok := Inside(tokens, -1); ok || Find(tokens, 0, 2, "PARSER") >= 0 || Next(tokens, len(tokens)) != len(tokens) {
		t.Error("what is not there was found")
	}
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"it's": "'it''s'", `a\b`: `'a\\b'`, "\x00": `'\0'`, "": "''"} {
		got := Quote(s)
		if got != want {
			t.Errorf("%q becomes %s, want %s", s, got, want)
		}
		if tokens := Cut(got); len(tokens) != 1 || tokens[0].Kind != Text {
			t.Errorf("%s is not one literal: %v", got, tokens)
		}
	}
	for name, want := range map[string]string{"`a``b`": "a`b", "a": "a", "``": "", "`": "`"} {
		if got := Unquote(name); got != want {
			t.Errorf("%s is %q without quotes, want %q", name, got, want)
		}
	}
}
