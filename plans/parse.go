package plans

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"tandem/internal/yamlfile"
)

// maxFile is far beyond any real plan.
const maxFile = 256 << 10

// maxSecrets is more than any real plan has, even a bad one.
const maxSecrets = 100

// NoFileError says that there is no plan.
type NoFileError struct{ Path string }

// Error implements error.
func (e *NoFileError) Error() string { return fmt.Sprintf("no plan: %s is not there", e.Path) }

// Hint says what to type next.
func (e *NoFileError) Hint() string { return "tandem plan init writes one" }

// Load reads a plan file. The error is about the file as such; what is wrong
// with its content are findings. The plan is nil if nothing of it can be read.
func Load(path string) (*Plan, []Finding, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &NoFileError{path}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read plan: %w", err)
	}
	p, findings := Parse(path, data)
	return p, findings, nil
}

// Parse reads a plan; name stands for it in findings.
func Parse(name string, data []byte) (*Plan, []Finding) {
	s := newSource(name, string(data))
	if len(data) > maxFile {
		s.add(s.at(ruleYAML, Position{}, "", "the file is larger than 256 KiB", "is it the right file?"))
		return nil, s.finish(s.findings)
	}
	body := s.body(string(data))
	if body == nil {
		return nil, s.finish(s.findings)
	}
	s.findSecrets("", "", body)
	if len(s.secrets) > maxSecrets {
		// Not all of them are masked, so nothing of the file is shown.
		s.findings = nil
		s.add(s.at(ruleInlineSecret, Position{}, "", "the file is full of what looks like passwords", "is it the right file?"))
		return nil, s.finish(s.findings)
	}
	p := &Plan{source: s}
	s.decode(body, elem(p))
	p.inherit()
	p.check()
	return p, s.finish(s.findings)
}

// body returns the one document of the file, or nil where there is none.
func (s *source) body(text string) ast.Node {
	file, err := parser.ParseBytes([]byte(strings.TrimPrefix(text, "\uFEFF")), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		s.syntax(err)
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		line, column, _ := yamlfile.Start(doc.Body)
		if body != nil {
			s.add(s.at(ruleYAML, Position{line, column}, "", "a second YAML document begins here", "one file holds one plan"))
			break
		}
		if _, ok := yamlfile.Mapping(doc.Body); !ok && doc.Body.Type() != ast.NullType {
			s.add(s.at(ruleYAML, Position{line, column}, "", "keys are needed here, not "+yamlfile.Describe(doc.Body), "begin with version: 1"))
			return nil
		}
		body = doc.Body
	}
	if body == nil || body.Type() == ast.NullType {
		s.add(s.at(ruleYAML, Position{}, "", "the plan is empty", "tandem plan init writes one to begin with"))
		return nil
	}
	return body
}

// syntax reports what the YAML parser could not read. Its own rendering shows
// several lines of the file, so only its message is used.
func (s *source) syntax(err error) {
	f := s.at(ruleYAML, Position{}, "", "this is not YAML", "")
	var located yaml.Error
	if errors.As(err, &located) {
		f.Message = "this is not YAML: " + located.GetMessage()
		if token := located.GetToken(); token != nil && token.Position != nil {
			f.Line, f.Column = token.Position.Line, token.Position.Column
		}
	}
	s.add(f)
}
