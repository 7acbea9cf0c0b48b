package yamlfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/suggest"
)

// hinted carries what to write instead, apart from what is wrong.
type hinted struct {
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

// Hint says what to write instead; whoever prints the error shows it apart.
func (e *hinted) Hint() string { return e.hint }

// Hinted adds to an error what to write instead.
func Hinted(err error, hint string) error { return &hinted{error: err, hint: hint} }

// HintOf returns what an error says is to be written instead, empty if nothing.
func HintOf(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}

// Choose returns text if it is one of the options; the error names them.
func Choose(text string, options []string) (string, error) {
	if slices.Contains(options, text) {
		return text, nil
	}
	list := strings.Join(options, ", ")
	hint := "write one of " + list
	if near := suggest.Nearest(text, options); near != "" {
		hint = "did you mean " + near + "?"
	}
	return "", Hinted(fmt.Errorf("%q is not one of %s", text, list), hint)
}

// ParseDuration reads a length of time with its unit: 500ms, 5s, 10m.
func ParseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, Hinted(fmt.Errorf("%q is not a duration", text), "write a number and a unit, such as 500ms, 5s or 10m")
	}
	return d, nil
}

// FormatDuration writes a length of time as people do: without zero minutes and
// seconds.
func FormatDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
