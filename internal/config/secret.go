package config

import (
	"fmt"
	"io"
	"log/slog"

	"tandem/internal/yamlfile"
)

// redacted is what every way of printing a Secret gives.
const redacted = yamlfile.Redacted

// Secret holds a password. Whatever prints, logs or marshals it gets ***;
// Reveal is the only way to the value.
//
// The value sits behind a pointer because package fmt prints unexported fields
// of other structs by reflection, without asking the Formatter: there it can
// meet an address at most.
type Secret struct {
	value *string
}

// NewSecret wraps a value.
func NewSecret(value string) Secret {
	return Secret{value: &value}
}

// Reveal returns the value. Call it where the value is handed to a driver, and
// nowhere else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Format implements fmt.Formatter for every verb.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, redacted)
}

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which encoding/xml uses too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalYAML implements the marshaller of go-yaml.
func (s Secret) MarshalYAML() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
