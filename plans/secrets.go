package plans

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tandem/internal/yamlfile"
)

// secretShape is a way passwords and tokens stand inside of texts. The first
// group is the secret itself.
type secretShape struct {
	what    string
	pattern *regexp.Regexp
}

// secretShapes are looked for in every text of a plan. What begins with a
// dollar sign is a variable, and no secret.
var secretShapes = []secretShape{
	{"a URL or DSN with a password", regexp.MustCompile(`[\w.%+-]*:([^\s@/:$'"]+)@(?:[\w.-]|tcp\(|unix\()`)},
	{"a password", regexp.MustCompile(`(?i)(?:password|passwd|pwd|passphrase)\s*[=:]\s*["']?([^\s"'$&;,]+)`)},
	{"a password", regexp.MustCompile(`(?i)--(?:password|pass|token|secret|api-key)[= ]["']?([^\s"'$]+)`)},
	{"a password", regexp.MustCompile(`(?i)identified\s+(?:with\s+\S+\s+)?by\s+["']([^"'$]+)["']`)},
	{"a password", regexp.MustCompile(`\bmysql\S*\s(?:.*\s)?-p([^\s"'$]+)`)},
	{"a token", regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{8,})`)},
	{"a token", regexp.MustCompile(`(?i)(?:token|secret|api[_-]?key|access[_-]?key|credential)s?["']?\s*[=:]\s*["']?([^\s"'$&;,]+)`)},
	{"a token", regexp.MustCompile(`\b((?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{30,}|sk_live_[A-Za-z0-9]{10,})\b`)},
	{"a token", regexp.MustCompile(`\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+)`)},
	{"a private key", regexp.MustCompile(`(?s)(-----BEGIN [A-Z ]*PRIVATE KEY.*)`)},
}

// secretFlag is an argument of a program whose value is the next argument.
var secretFlag = regexp.MustCompile(`(?i)^--?(?:password|passwd|pass|pwd|token|secret|api-key)$`)

const secretHint = "a plan is read by many and kept for ever: let the program take it from its environment or from a file"

// findSecrets looks through everything that is written, known keys or not. key
// is the last key on the way to the node.
func (s *source) findSecrets(path, key string, node ast.Node) {
	switch n := node.(type) {
	case nil:
	case *ast.MappingNode, *ast.MappingValueNode:
		entries, _ := yamlfile.Mapping(node)
		for _, entry := range entries {
			name := yamlfile.KeyText(entry)
			at := yamlfile.Join(path, name)
			if _, known := s.places[at]; !known {
				s.places[at] = yamlfile.PlaceOf(entry)
			}
			s.findSecrets(at, name, entry.Value)
		}
	case *ast.SequenceNode:
		after, mysql := false, false
		for i, item := range n.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			s.places[at] = yamlfile.PlaceOfItem(item, s.places[path])
			text, _ := yamlfile.ScalarText(item)
			if after && plainSecret(text) {
				s.secretFinding(at, text, "a password")
			}
			if short, ok := strings.CutPrefix(text, "-p"); ok && mysql && plainSecret(short) {
				s.secretFinding(at, short, "a password")
			}
			after, mysql = secretFlag.MatchString(text), mysql || strings.Contains(text, "mysql")
			s.findSecrets(at, key, item)
		}
	case *ast.AnchorNode:
		s.findSecrets(path, key, n.Value)
	case *ast.TagNode:
		s.findSecrets(path, key, n.Value)
	default:
		if text, ok := yamlfile.ScalarText(node); ok {
			s.findSecret(path, key, text)
		}
	}
}

func (s *source) findSecret(path, key, text string) {
	if holdsSecret(path, key) && plainSecret(text) {
		s.secretFinding(path, text, "a password or token")
		return
	}
	reported := map[string]bool{}
	for _, shape := range secretShapes {
		for _, found := range shape.pattern.FindAllStringSubmatch(text, -1) {
			if plainSecret(found[1]) && !reported[found[1]] {
				reported[found[1]] = true
				s.secretFinding(path, found[1], shape.what)
			}
		}
	}
}

func (s *source) secretFinding(path, secret, what string) {
	f := s.finding(ruleInlineSecret, path, "this looks like "+what, secretHint)
	s.secret(f.Line, secret)
	s.add(f)
}

// holdsSecret tells whether a key is one of those that hold passwords anywhere.
// The keys of plans that say where a secret is are not.
func holdsSecret(path, key string) bool {
	switch key {
	case "password_env", "password_file":
		return false
	}
	return !strings.Contains(path, "header_env") && yamlfile.SecretKey(key)
}

// plainSecret tells a value from the mention of a variable.
func plainSecret(text string) bool {
	return text != "" && !strings.HasPrefix(text, "$") && !strings.Contains(text, "${") && text != yamlfile.Redacted
}
