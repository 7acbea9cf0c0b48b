package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"tandem/internal/suggest"
)

// AppConfig is a pair of an application's configuration files which must say
// the same on both sides, but for what is expected to differ.
type AppConfig struct {
	Source Path              `yaml:"source"`
	Target Path              `yaml:"target"`
	Format string            `yaml:"format"` // by the file's name if empty
	Expect map[string]string `yaml:"expect"` // key pattern to the target's value, * for any
}

// appFormats maps the formats to the endings of file names that mean them.
var appFormats = map[string][]string{
	"hocon":      {".conf", ".hocon"},
	"env":        {".env"},
	"properties": {".properties"},
	"yaml":       {".yaml", ".yml"},
	"json":       {".json"},
}

// Kind returns the format of the files: hocon, env, properties, yaml or json,
// or "" if neither Format nor the source's name says it.
func (a AppConfig) Kind() string {
	if a.Format != "" {
		return a.Format
	}
	base := filepath.Base(string(a.Source))
	if strings.HasPrefix(base, ".env") {
		return "env"
	}
	for _, format := range slices.Sorted(maps.Keys(appFormats)) {
		if slices.Contains(appFormats[format], filepath.Ext(base)) {
			return format
		}
	}
	return ""
}

func (a AppConfig) validate(path string, c *checker) {
	if a.Source == "" {
		c.missing(path+".source", "write the path of the file the source side uses")
	}
	if a.Target == "" {
		c.missing(path+".target", "write the path of the file the target side uses")
	}
	if a.Source != "" && a.Source == a.Target {
		c.add(path+".target", "source and target are the same file", "name the target side's own file")
	}
	formats := slices.Sorted(maps.Keys(appFormats))
	if a.Format != "" && !slices.Contains(formats, a.Format) {
		hint := ""
		if near := suggest.Nearest(a.Format, formats); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.add(path+".format", fmt.Sprintf("%q is not one of %s", a.Format, strings.Join(formats, ", ")), hint)
	} else if a.Source != "" && a.Kind() == "" {
		c.add(path+".source", fmt.Sprintf("the name of %s does not tell its format", filepath.Base(string(a.Source))),
			"write format: "+strings.Join(formats, ", ")+", whichever it is")
	}
	for _, key := range slices.Sorted(maps.Keys(a.Expect)) {
		if strings.TrimSpace(key) == "" {
			c.add(path+".expect", "a key is empty", `write the key that differs, such as "db.url", or "akka.*"`)
		}
	}
}
