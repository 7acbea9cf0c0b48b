package yamlfile

import (
	"strings"
	"testing"
)

func TestExcerptOfALongLine(t *testing.T) {
	t.Parallel()
	d := New("x", "start "+strings.Repeat("a", 300)+" here "+strings.Repeat("b", 300))
	got := d.Excerpt(1, 308)
	lines := strings.Split(got, "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "| …aaa") || !strings.HasSuffix(lines[0], "bbb…") {
		t.Fatalf("excerpt is\n%s", got)
	}
	// The caret stands under "here"; both lines count runes alike.
	if at := []rune(lines[0])[len([]rune(lines[1]))-1:]; !strings.HasPrefix(string(at), "here") {
		t.Errorf("the caret is not under the column:\n%s", got)
	}
	if short := d.Excerpt(1, 1); strings.Contains(short, "| …") || !strings.HasSuffix(strings.Split(short, "\n")[0], "…") {
		t.Errorf("excerpt is\n%s", short)
	}
	if d.Excerpt(0, 1) != "" || d.Excerpt(9, 1) != "" {
		t.Error("lines that are not there have an excerpt")
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  password: hunter2":                       "  password: ***",
		"  passwrod: 'hunter2'":                     "  passwrod: ***",
		"a: {token: hunter2, b: c}":                 "a: {token: ***, b: c}",
		`"secret": "hunter2"`:                       `"secret": ***`,
		"password: {file: pw}":                      "password: {file: pw}",
		`password: {secret: "gcp://projects/p"}`:    `password: {secret: "gcp://projects/p"}`,
		"dsn: mysql://tandem:hunter2@db":            "dsn: mysql://tandem:***@db",
		"user: tandem":                              "user: tandem",
		"command: [sh, -c, echo]":                   "command: [sh, -c, echo]",
		"instance: example:asia-northeast1:courier": "instance: example:asia-northeast1:courier",
	} {
		d := New("x", text)
		if got := d.show(1, text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestBlockOfAPassword(t *testing.T) {
	t.Parallel()
	d := New("x", "source:\n  password: |\n    hunter2\n\n    hunter2\n  user: t\ntarget:\n  password:\n    hunter2\n  other:\n    password:\n      env: NAME")
	for line, want := range map[int]string{3: "    ***", 5: "    ***", 6: "  user: t", 9: "    ***", 12: "      env: NAME"} {
		if got := d.show(line, d.Lines[line-1]); got != want {
			t.Errorf("line %d is shown as %q, want %q", line, got, want)
		}
	}
}
