package config

import (
	"fmt"
	"regexp"
)

// FileName is where a configuration is looked for unless --config says otherwise.
const FileName = "tandem.yaml"

// DefaultSpoolDir is where the spool is, beside tandem.yaml.
const DefaultSpoolDir = ".tandem/spool"

// Config is everything tandem.yaml can say, with the environment and the flags
// applied, defaults filled in and every rule checked.
type Config struct {
	Version   int         `yaml:"version"`
	Migration string      `yaml:"migration"` // names the migration; keys all state
	Source    Source      `yaml:"source"`
	Target    Endpoint    `yaml:"target"`
	Tables    Tables      `yaml:"tables"`
	Groups    Groups      `yaml:"groups"`
	AppConfig []AppConfig `yaml:"app_config"`
	Replicate Replicate   `yaml:"replicate"`

	file    string
	origins map[string]Origin
}

// Source is the source's endpoint, and optionally a replica of it to read from.
type Source struct {
	Endpoint `yaml:",inline"`
	ReadFrom *Endpoint `yaml:"read_from"`
}

// Reader returns the endpoint that copy and verify read: the replica if one is
// configured, the source itself otherwise.
func (s Source) Reader() Endpoint {
	if s.ReadFrom != nil {
		return *s.ReadFrom
	}
	return s.Endpoint
}

// namePattern is the shape of the names that become keys of state.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// defaults is what holds where nothing else is said.
func defaults() *Config {
	return &Config{
		Replicate: Replicate{
			Copy:       CopyOptions{Workers: 4, ChunkBytes: 4 << 20},
			Throttle:   defaultThrottle(),
			Spool:      SpoolOptions{Dir: DefaultSpoolDir, Memory: 16 << 20},
			Validate:   true,
			OnDDL:      DDLApply,
			OnConflict: ConflictStop,
		},
	}
}

// File returns the path of the file the configuration was read from.
func (c *Config) File() string { return c.file }

func (c *Config) validate(check *checker) {
	switch {
	case c.Version == 0:
		check.missing("version", "write version: 1 as the first line")
	case c.Version != 1:
		check.add("version", fmt.Sprintf("version %d is not one this tandem reads", c.Version), "write version: 1, or use a newer tandem")
	}
	switch {
	case c.Migration == "":
		check.missing("migration", "give the migration a short name, such as migration: courier; all state is kept under it")
	case !namePattern.MatchString(c.Migration):
		check.add("migration", fmt.Sprintf("%q is not a name for a migration", c.Migration),
			"write up to 32 small letters, digits, _ and -, a letter first")
	}
	c.Source.Endpoint.validate("source", check)
	if c.Source.ReadFrom != nil {
		c.Source.ReadFrom.validate("source.read_from", check)
	}
	c.Target.validate("target", check)
	if a := c.Source.identity(); a != "" && a == c.Target.identity() {
		check.add("target", "source and target are the same server, "+a, "")
	}
	c.Tables.validate("tables", check)
	c.Groups.validate("groups", check)
	for i := range c.AppConfig {
		c.AppConfig[i].validate(fmt.Sprintf("app_config[%d]", i), check)
	}
	c.Replicate.validate("replicate", check)
}
