package plans

import (
	"errors"
	"time"

	"tandem/internal/yamlfile"
)

// Duration is a length of time, written with a unit: 500ms, 5s, 10m. It is
// never zero where it is given.
type Duration time.Duration

// String writes the duration without zero minutes and seconds.
func (d Duration) String() string { return yamlfile.FormatDuration(time.Duration(d)) }

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

func (d *Duration) set(text string) error {
	parsed, err := yamlfile.ParseDuration(text)
	if err != nil {
		return err
	}
	if parsed == 0 {
		return yamlfile.Hinted(errors.New("a duration of nothing"), "leave the key out, or write one such as 500ms, 5s or 10m")
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
	chosen, err := yamlfile.Choose(text, c.choices())
	if err == nil {
		*to = chosen
	}
	return err
}
