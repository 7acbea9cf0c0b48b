package yamlfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"tandem/internal/suggest"
)

// Document is the text of the file as errors show it: line by line, with
// everything masked that may be a password.
type Document struct {
	Name   string
	Lines  []string
	masked []mask // texts that were found to be passwords
}

// Redacted is what stands in the place of a password.
const Redacted = "***"

// mask hides a text, on one line or (line 0) wherever it stands.
type mask struct {
	line int
	text string
}

// New divides a text into lines. A byte order mark is no part of it.
func New(name, text string) *Document {
	text = strings.TrimPrefix(text, "\uFEFF")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return &Document{Name: name, Lines: strings.Split(text, "\n")}
}

// Mask hides a text that was found to be a password: on one line, or, with line
// 0, wherever it stands.
func (d *Document) Mask(line int, text string) {
	if text = strings.TrimSpace(text); text != "" {
		d.masked = append(d.masked, mask{line, text})
		// The longest first, or a part of it would keep it from being found.
		slices.SortFunc(d.masked, func(a, b mask) int { return len(b.text) - len(a.text) })
	}
}

// Excerpt shows one line with a caret under the column.
func (d *Document) Excerpt(line, column int) string {
	if line < 1 || line > len(d.Lines) {
		return ""
	}
	text := d.show(line, d.Lines[line-1])
	head := []rune(d.Lines[line-1])
	if column-1 < len(head) && column >= 1 {
		head = head[:column-1]
	}
	text, shown := window(text, d.show(line, string(head)))
	var pad strings.Builder
	for _, r := range shown {
		if r == '\t' {
			pad.WriteByte('\t') // a tab in both lines is as wide in both
		} else {
			pad.WriteString(strings.Repeat(" ", runewidth.RuneWidth(r)))
		}
	}
	number := fmt.Sprintf("%5d", line)
	return fmt.Sprintf("%s | %s\n%s | %s^", number, text, strings.Repeat(" ", len(number)), pad.String())
}

// How much of a line is shown before and after the caret.
const before, after = 100, 60

// window cuts what is far from the caret out of a line. shown is the part of
// the line before it.
func window(text, shown string) (string, string) {
	all, head := []rune(text), []rune(shown)
	if len(all) <= before+after {
		return text, shown
	}
	from := 0
	if len(head) > before {
		from = len(head) - before
	}
	to := min(len(all), max(len(head), from)+after)
	if from > to {
		return text, shown // the mask has made the line much shorter
	}
	text, shown = string(all[from:to]), string(head[from:])
	if from > 0 {
		text, shown = "…"+text, "…"+shown
	}
	if to < len(all) {
		text += "…"
	}
	return text, shown
}

// keyValue finds keys with a plain value. Values in braces or brackets are
// providers, which may be shown.
var (
	keyValue    = regexp.MustCompile(`(["']?([A-Za-z][\w-]*)["']?\s*:\s+)("[^"]*"?|'[^']*'?|[^\s{\["',}][^,}#]*)`)
	userInfo    = regexp.MustCompile(`([\w.%-]+:)[^\s@/]+(@)`)
	blockScalar = regexp.MustCompile(`^(\s*)["']?([A-Za-z][\w-]*)["']?\s*:\s*([|>][-+0-9]*)?\s*$`)
)

// show returns text, which is the line or its beginning, with passwords masked:
// those that were recognised, and whatever stands where one may stand.
func (d *Document) show(line int, text string) string {
	if d.insideSecretBlock(line) {
		bare := strings.TrimLeft(text, " ")
		return text[:len(text)-len(bare)] + Redacted[:min(len(bare), len(Redacted))]
	}
	for _, m := range d.masked {
		if m.line == 0 || m.line == line {
			text = strings.ReplaceAll(text, m.text, Redacted)
		}
	}
	text = keyValue.ReplaceAllStringFunc(text, func(found string) string {
		part := keyValue.FindStringSubmatch(found)
		if !SecretKey(part[2]) || strings.Contains(part[3], "gcp://") || strings.Contains(part[3], "aws://") {
			return found
		}
		return part[1] + Redacted
	})
	return userInfo.ReplaceAllString(text, "${1}"+Redacted+"${2}")
}

// insideSecretBlock reports whether the line is the continued value of a key
// like password, as in a block of text under "password: |".
func (d *Document) insideSecretBlock(line int) bool {
	text := d.Lines[line-1]
	indent := len(text) - len(strings.TrimLeft(text, " "))
	for i := line - 2; i >= 0; i-- {
		above := d.Lines[i]
		if strings.TrimSpace(above) == "" {
			continue
		}
		if len(above)-len(strings.TrimLeft(above, " ")) >= indent {
			continue
		}
		part := blockScalar.FindStringSubmatch(above)
		// Under a bare "password:" there should be keys; text that is none is a value.
		return part != nil && SecretKey(part[2]) && (part[3] != "" || !keyLine.MatchString(text))
	}
	return false
}

var keyLine = regexp.MustCompile(`^\s*["']?(env|file|command|secret|iam)["']?\s*:`)

// SecretKey reports whether a key, well spelt or not, may hold a password.
func SecretKey(key string) bool {
	key = strings.ToLower(key)
	for _, part := range []string{"pass", "pwd", "secret", "token", "credential"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return suggest.Distance(key, "password") <= 3
}
