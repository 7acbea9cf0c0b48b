package config

import (
	"fmt"
	"strings"

	"tandem/internal/yamlfile"
)

// Layer is one of the places a value can be given in. A higher one wins.
type Layer int

// The layers, from the weakest.
const (
	LayerDefault Layer = iota
	LayerFile
	LayerEnvironment
	LayerFlag
)

// Origin is where a value came from.
type Origin struct {
	Layer  Layer
	Name   string // the file, the variable or the flag
	Line   int
	Column int

	keyLine, keyColumn int // where the key stands, if in a file
}

// String is what config show --origin prints.
func (o Origin) String() string {
	switch o.Layer {
	case LayerFile:
		return fmt.Sprintf("%s:%d:%d", o.Name, o.keyLine, o.keyColumn)
	case LayerEnvironment, LayerFlag:
		return o.Name
	default:
		return "default"
	}
}

// Override is a value from the command line.
type Override struct {
	Path string // such as replicate.copy.workers
	Text string // lists are separated by commas
	Flag string // the flag it was given by, for messages
}

// Overrides are applied in order, so the last of two for one path wins.
type Overrides []Override

// Origin returns where the value at a path came from.
func (c *Config) Origin(path string) Origin { return c.origins[path] }

// originBook remembers the origin of every path that was read.
type originBook struct {
	byPath map[string]Origin
}

func (o *originBook) byDefault(path string) { o.byPath[path] = Origin{} }

// inherit gives path, and whatever is under it, the origin of another path.
func (o *originBook) inherit(path, from string) {
	if origin, ok := o.byPath[from]; ok {
		o.byPath[path] = origin
	}
	for p, origin := range o.byPath {
		if rest, under := strings.CutPrefix(p, from+"."); under {
			o.byPath[path+"."+rest] = origin
		}
	}
}

// forget drops a path and whatever is under it.
func (o *originBook) forget(path string) {
	for p := range o.byPath {
		if p == path || strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			delete(o.byPath, p)
		}
	}
}

// nearest returns the origin of the path, or of the closest thing around it.
func (o *originBook) nearest(path string) (origin Origin, exact bool) {
	exact = true
	for path != "" {
		if found, ok := o.byPath[path]; ok {
			return found, exact
		}
		exact = false
		path = yamlfile.Around(path)
	}
	return Origin{}, false
}
