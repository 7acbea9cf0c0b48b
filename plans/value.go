package plans

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/internal/suggest"
)

// Duration is a length of time, written with a unit: 500ms, 5s, 10m. It is
// never zero where it is given.
type Duration time.Duration

// String writes the duration without zero minutes and seconds.
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error { return d.set(string(text)) }

// setter is implemented by values that read themselves from a text.
type setter interface{ set(text string) error }

// choice is implemented by values of a fixed list.
type choice interface{ choices() []string }

// shorthand is implemented by mappings that may be written as true or false.
type shorthand interface{ setBool(bool) }

// badValue says what is wrong with a text, and what to write.
type badValue struct{ what, hint string }

func (e *badValue) Error() string { return e.what }

func hintOf(err error) string {
	var bad *badValue
	if errors.As(err, &bad) {
		return bad.hint
	}
	return ""
}

func (d *Duration) set(text string) error {
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed < 0 {
		return &badValue{fmt.Sprintf("%q is not a duration", text), "write a number and a unit, such as 500ms, 5s or 10m"}
	}
	if parsed == 0 {
		return &badValue{"a duration of nothing", "leave the key out, or write one such as 500ms, 5s or 10m"}
	}
	*d = Duration(parsed)
	return nil
}

func (*Side) choices() []string     { return []string{"source", "target"} }
func (*Then) choices() []string     { return []string{"wait", "kill"} }
func (*ParityIs) choices() []string { return []string{"mismatch"} }

func (s *Side) set(text string) error     { return setChoice((*string)(s), s, text) }
func (t *Then) set(text string) error     { return setChoice((*string)(t), t, text) }
func (p *ParityIs) set(text string) error { return setChoice((*string)(p), p, text) }

func (a *Approve) setBool(yes bool) { *a = Approve{refused: !yes} }

func setChoice(to *string, c choice, text string) error {
	options := c.choices()
	for _, option := range options {
		if text == option {
			*to = text
			return nil
		}
	}
	list := strings.Join(options, ", ")
	hint := "write one of " + list
	if near := suggest.Nearest(text, options); near != "" {
		hint = "did you mean " + near + "?"
	}
	return &badValue{fmt.Sprintf("%q is not one of %s", text, list), hint}
}
