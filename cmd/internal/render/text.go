package render

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"tandem/verify"
)

// line makes a text safe to stand within a line of a terminal or a log: what
// is no printable character is written as an escape.
func line(s string) string {
	clean := true
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || !strconv.IsPrint(r) {
			clean = false
			break
		}
		i += n
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(r):
			b.WriteString(s[i : i+n])
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += n
	}
	return b.String()
}

// clip shortens a text to a number of characters.
func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s)
	return string(runes[:most-1]) + "…"
}

// value writes a cell: the value itself if it is there, else its hash.
func value(v verify.Value) string {
	switch {
	case v.Null:
		return "NULL"
	case v.Text != nil:
		return strconv.Quote(*v.Text)
	case v.Hash != "":
		return fmt.Sprintf("sha256:%s (%s)", v.Hash, plural(int64(v.Size), "byte"))
	}
	return plural(int64(v.Size), "byte")
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// details are the lines that say more about an issue than its text does.
func (i *Issue) details() []string {
	var lines []string
	for _, c := range i.Columns {
		lines = append(lines, fmt.Sprintf("%s: source %s, target %s", c.Column, value(c.Source), value(c.Target)))
	}
	if i.Source != "" {
		lines = append(lines, "source: "+i.Source)
	}
	if i.Target != "" {
		lines = append(lines, "target: "+i.Target)
	}
	if i.Fix != "" {
		// It is there to be copied, so its lines stay lines.
		for n, text := range strings.Split(i.Fix, "\n") {
			lines = append(lines, [...]string{"fix: ", "     "}[min(n, 1)]+text)
		}
	}
	if i.Note != "" {
		lines = append(lines, i.Note)
	}
	return lines
}

// outcomeText says an outcome in capitals where it is no success.
func outcomeText(o verify.Outcome) string {
	switch o {
	case verify.Equal:
		return "equal"
	case verify.Mismatch:
		return "NOT EQUAL"
	}
	return "INCONCLUSIVE"
}
