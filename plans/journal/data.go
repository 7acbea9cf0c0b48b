package journal

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tandem/internal/config"
	"tandem/internal/yamlfile"
)

// Data is what an entry knows beside its step. Values are recorded by type:
//
//	string                 as it is, with passwords inside of it masked
//	bool, int, int64, uint64 as they are
//	time.Time, time.Duration, fmt.Stringer  as their text
//	error                  as its text, masked
//	[]string               each like a string
//	config.Secret          as ***
//	[]byte                 its length only: what a program has printed may be anything
//
// Any other type is refused, because nobody has said that it may be shown. A
// value whose name is that of a secret is recorded as *** if it is a text.
//
// Read back, a value is a string, a bool, an int64, a uint64 beyond that, or a
// list of strings.
type Data map[string]any

// plain returns the data in the forms they are read back in.
func (d Data) plain() (Data, error) {
	if len(d) == 0 {
		return nil, nil
	}
	out := make(Data, len(d))
	for name, value := range d {
		p, err := plain(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		switch p.(type) {
		case string, []string:
			if secretName.MatchString(name) {
				p = yamlfile.Redacted
			}
		}
		out[text(name)] = p
	}
	return out, nil
}

// secretName finds the names of values that are secrets.
var secretName = regexp.MustCompile(`(?i)password|passwd|passphrase|pwd|secret|token|credential|api_?key`)

// revive turns what JSON makes of plain data into what it was.
func (d Data) revive() (Data, error) {
	if len(d) == 0 {
		return nil, nil
	}
	out := make(Data, len(d))
	for name, value := range d {
		switch v := value.(type) {
		case string, bool:
			out[name] = v
		case json.Number:
			if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
				out[name] = n
			} else if n, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
				out[name] = n
			} else {
				return nil, fmt.Errorf("%s: %q is not a whole number", name, v)
			}
		case []any:
			list := make([]string, len(v))
			for i, one := range v {
				s, ok := one.(string)
				if !ok {
					return nil, fmt.Errorf("%s: a list of %T", name, one)
				}
				list[i] = s
			}
			out[name] = list
		default:
			return nil, fmt.Errorf("%s: a value of type %T", name, value)
		}
	}
	return out, nil
}

func plain(value any) (any, error) {
	switch v := value.(type) {
	case config.Secret, *config.Secret:
		return yamlfile.Redacted, nil
	case string:
		return mask(v), nil
	case bool, int64:
		return v, nil
	case int:
		return int64(v), nil
	case uint64:
		if v <= 1<<63-1 {
			return int64(v), nil
		}
		return v, nil
	case []byte:
		return fmt.Sprintf("%d bytes", len(v)), nil
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), nil
	case time.Duration:
		return v.String(), nil
	case []string:
		list := make([]string, len(v))
		for i, one := range v {
			list[i] = mask(one)
		}
		return list, nil
	case error:
		return mask(v.Error()), nil
	case fmt.Stringer:
		return mask(v.String()), nil
	default:
		return nil, fmt.Errorf("values of type %T are not recorded", value)
	}
}

// The ways in which a password stands inside of a text. It is the net under the
// types: nobody should have put it there.
var (
	dsnInfo    = regexp.MustCompile(`([\w.%+-]+:)(\S+)(@(?:tcp|unix)\()`)
	userInfo   = regexp.MustCompile(`([\w.%+-]+:)([^\s@/:]+)(@)`)
	assigned   = regexp.MustCompile(`(?i)((?:password|passwd|pwd|passphrase|token|secret|api[_-]?key)["']?\s*[=:]\s*["']?)([^\s"'&;,)]+)`)
	identified = regexp.MustCompile(`(?i)(identified\s+(?:with\s+\S+\s+)?(?:by|as)\s+["'])([^"']+)(["'])`)
	bearer     = regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{8,})`)
)

// mask replaces passwords inside of a text.
func mask(s string) string {
	s = text(s)
	s = dsnInfo.ReplaceAllString(s, "${1}"+yamlfile.Redacted+"${3}")
	s = bearer.ReplaceAllString(s, "${1}"+yamlfile.Redacted)
	s = userInfo.ReplaceAllString(s, "${1}"+yamlfile.Redacted+"${3}")
	s = identified.ReplaceAllString(s, "${1}"+yamlfile.Redacted+"${3}")
	return assigned.ReplaceAllString(s, "${1}"+yamlfile.Redacted)
}

// text makes a string one that JSON gives back as it was.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
