package plans

import (
	"fmt"
	"slices"
	"strings"

	"tandem/internal/yamlfile"
)

// source is the file behind a plan: its text, where each path stands in it, and
// what was found wrong.
type source struct {
	doc      *yamlfile.Document
	places   map[string]yamlfile.Place
	aliases  map[string]string // a path of a stage to the default it was taken from
	broken   map[string]bool   // paths whose values could not be read
	secrets  []string
	findings []Finding
}

func newSource(name, text string) *source {
	return &source{doc: yamlfile.New(name, text), places: map[string]yamlfile.Place{}, aliases: map[string]string{}, broken: map[string]bool{}}
}

func (s *source) alias(path, to string) { s.aliases[path] = to }

// nearest returns the place of the path, or of the closest thing around it.
func (s *source) nearest(path string) (where yamlfile.Place, exact bool) {
	exact = true
	for p, rest := path, ""; p != ""; {
		if to, ok := s.aliases[p]; ok {
			return s.nearest(to + rest)
		}
		around := yamlfile.Around(p)
		p, rest = around, p[len(around):]+rest
	}
	for path != "" {
		if found, ok := s.places[path]; ok {
			return found, exact
		}
		exact = false
		path = yamlfile.Around(path)
	}
	return yamlfile.Place{KeyLine: 1, KeyColumn: 1, Line: 1, Column: 1}, false
}

// failed reports whether the value at path, or one around it, could not be read.
func (s *source) failed(path string) bool {
	for path != "" {
		if s.broken[path] {
			return true
		}
		path = yamlfile.Around(path)
	}
	return false
}

// finding makes a finding about the value at path.
func (s *source) finding(r Rule, path, message, hint string) Finding {
	where, exact := s.nearest(path)
	at := Position{where.Line, where.Column}
	if !exact {
		at = Position{where.KeyLine, where.KeyColumn}
	}
	return s.at(r, at, path, message, hint)
}

// keyFinding makes a finding about the key itself.
func (s *source) keyFinding(r Rule, path, message, hint string) Finding {
	where, _ := s.nearest(path)
	return s.at(r, Position{where.KeyLine, where.KeyColumn}, path, message, hint)
}

func (s *source) at(r Rule, at Position, path, message, hint string) Finding {
	return Finding{ID: r.ID, Severity: r.Severity, File: s.doc.Name, Line: at.Line, Column: at.Column, Key: path, Message: message, Hint: hint}
}

func (s *source) add(f Finding) { s.findings = append(s.findings, f) }

// maxFindings is more than anybody reads.
const maxFindings = 200

// finish sorts findings and gives them their excerpts: last, when everything
// that must be masked is known.
func (s *source) finish(list []Finding) []Finding {
	list = sortFindings(list)
	if more := len(list) - maxFindings; more > 0 {
		list = append(list[:maxFindings:maxFindings], s.at(ruleYAML, Position{}, "", fmt.Sprintf("and %d findings more", more), "is it the right file?"))
	}
	for i := range list {
		f := &list[i]
		f.Key, f.Message, f.Hint = s.clean(f.Key), s.clean(f.Message), s.clean(f.Hint)
		if f.Line > 0 {
			f.Excerpt = s.doc.Excerpt(f.Line, f.Column)
		}
	}
	return list
}

// clean takes passwords out of a message that repeats what was written.
func (s *source) clean(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, yamlfile.Redacted)
	}
	return text
}

// secret remembers a text that is a password, or looks like one. A very short
// one is hidden on its own line only: elsewhere it would be part of words.
func (s *source) secret(line int, text string) {
	for _, part := range strings.Split(text, "\n") {
		part = strings.TrimSpace(part)
		switch {
		case part == "" || slices.Contains(s.secrets, part) || len(s.secrets) > maxSecrets:
		case len(part) < 4:
			s.doc.Mask(line, part)
		default:
			s.secrets = append(s.secrets, part)
			s.doc.Mask(0, part)
		}
	}
}
