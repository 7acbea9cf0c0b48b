package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"tandem/internal/yamlfile"
)

// maxFile is far beyond any real file: who names a dump by mistake should not wait.
const maxFile = 256 << 10

// ErrNoFile says that there is no configuration file.
var ErrNoFile = errors.New("no configuration file")

// Load reads the file, applies the environment and then the flags, fills in
// defaults and checks everything. The error is *Problems if something is wrong
// with what was written, and wraps ErrNoFile if there is no file.
func Load(path string, env func(string) string, flags Overrides) (*Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hinted(fmt.Errorf("%w: %s is not there", ErrNoFile, path),
			"tandem init writes one; --config names one elsewhere")
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data, env, flags)
}

// Parse is Load for a text that is not in a file yet; path stands for it in
// messages, and its folder is what paths are relative to.
func Parse(path string, data []byte, env func(string) string, flags Overrides) (*Config, error) {
	text := strings.TrimPrefix(string(data), "\uFEFF")
	check := newChecker(yamlfile.New(path, text))
	cfg := defaults()
	cfg.file = path
	if len(data) > maxFile {
		check.problems = append(check.problems, Problem{File: path, Message: "the file is larger than 256 KiB", Hint: "is it the right file?"})
		return nil, check.finish()
	}
	if !check.readFile(text, cfg) {
		return nil, check.finish() // nothing else can be said about what cannot be parsed
	}
	check.applyEnvironment(cfg, env)
	check.applyFlags(cfg, flags)
	check.exclusives("", reflect.ValueOf(cfg).Elem())
	cfg.Source.complete("source", nil, check.origins)
	if cfg.Source.ReadFrom != nil {
		cfg.Source.ReadFrom.complete("source.read_from", &cfg.Source.Endpoint, check.origins)
	}
	cfg.Target.complete("target", nil, check.origins)
	cfg.validate(check)
	if err := check.finish(); err != nil {
		return nil, err
	}
	cfg.origins = check.origins.byPath
	dir := filepath.Dir(path)
	rebase("", reflect.ValueOf(cfg).Elem(), dir, check.origins)
	cfg.Source.dir, cfg.Target.dir = dir, dir
	if cfg.Source.ReadFrom != nil {
		cfg.Source.ReadFrom.dir = dir
	}
	return cfg, nil
}

// readFile parses the file into cfg. It returns false where the YAML itself is broken.
func (c *checker) readFile(text string, cfg *Config) bool {
	file, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		c.syntax(err)
		return false
	}
	bodies := 0
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		bodies++
		if bodies > 1 {
			line, column, _ := yamlfile.Start(doc.Body)
			c.report(Origin{Layer: LayerFile, Line: line, Column: column}, "", "a second YAML document begins here", "one file describes one migration")
			break
		}
		if _, ok := yamlfile.Mapping(doc.Body); !ok && doc.Body.Type().String() != "Null" {
			line, column, _ := yamlfile.Start(doc.Body)
			c.report(Origin{Layer: LayerFile, Line: line, Column: column}, "", "keys are needed here, not "+yamlfile.Describe(doc.Body), "begin with version: 1")
			return false
		}
		yamlfile.Decode(decoder{c}, doc.Body, reflect.ValueOf(cfg).Elem())
	}
	return true
}

// syntax reports what the YAML parser could not read. Its own rendering shows
// several lines of the file, passwords included, so only its message is used.
func (c *checker) syntax(err error) {
	p := Problem{File: c.doc.Name, Message: "this is not YAML"}
	var located yaml.Error
	if errors.As(err, &located) {
		p.Message = "this is not YAML: " + located.GetMessage()
		if tk := located.GetToken(); tk != nil && tk.Position != nil {
			p.Line, p.Column = tk.Position.Line, tk.Position.Column
			if p.Line >= 1 && p.Line <= len(c.doc.Lines) && strings.Contains(c.doc.Lines[p.Line-1], "*") {
				p.Hint = `a text that begins with * goes between quotes, such as "*.*"`
			}
		}
	}
	c.problems = append(c.problems, p)
}

// rebase makes the paths that were written in the file relative to its folder.
func rebase(path string, v reflect.Value, dir string, origins *originBook) {
	if r, ok := yamlfile.As[rebaser](v); ok {
		if o, _ := origins.nearest(path); o.Layer == LayerFile || o.Layer == LayerDefault {
			r.rebase(dir)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range yamlfile.Fields(v) {
			rebase(yamlfile.Join(path, f.Key), f.Value, dir, origins)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			rebase(path, v.Elem(), dir, origins)
		}
	case reflect.Slice:
		for i := range v.Len() {
			rebase(fmt.Sprintf("%s[%d]", path, i), v.Index(i), dir, origins)
		}
	}
}
