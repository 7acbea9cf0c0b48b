package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tandem/internal/suggest"
	"tandem/internal/yamlfile"
)

// variablePrefix begins the name of every environment variable tandem reads.
const variablePrefix = "TANDEM_"

// VariableName returns the environment variable of a path.
func VariableName(path string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// leaf is a key that can be given outside the file: a single value or a plain
// list. holders are the mappings around it, outermost first.
type leaf struct {
	path    string
	typ     reflect.Type
	holders []holder
}

type holder struct {
	path string
	key  string // the key within the holder that leads to the leaf
}

// leaves lists what the environment and flags can set.
func leaves() []leaf {
	var all []leaf
	var walk func(path string, t reflect.Type, around []holder)
	walk = func(path string, t reflect.Type, around []holder) {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		_, isSetter := reflect.New(t).Interface().(setter)
		switch {
		case isSetter || t.Kind() != reflect.Struct && t.Kind() != reflect.Map && t.Kind() != reflect.Slice:
			all = append(all, leaf{path: path, typ: t, holders: around})
		case t.Kind() == reflect.Struct:
			if _, ok := reflect.New(t).Interface().(variableHolder); ok {
				all = append(all, leaf{path: path, typ: t, holders: around})
			}
			for _, f := range yamlfile.Fields(reflect.New(t).Elem()) {
				inner := append(around[:len(around):len(around)], holder{path: path, key: f.Key})
				walk(yamlfile.Join(path, f.Key), f.Value.Type(), inner)
			}
		case t.Kind() == reflect.Slice && t.Elem() == reflect.TypeFor[Pattern]():
			all = append(all, leaf{path: path, typ: t, holders: around})
		}
	}
	walk("", reflect.TypeFor[Config](), nil)
	return all
}

// applyEnvironment sets what TANDEM_* variables give.
func (c *checker) applyEnvironment(cfg *Config, env func(string) string) {
	for _, l := range leaves() {
		name := VariableName(l.path)
		// TANDEM_VERSION is what build systems call the version of the program.
		if text := env(name); text != "" && l.path != "version" {
			c.apply(cfg, l, text, Origin{Layer: LayerEnvironment, Name: name})
		}
	}
}

// applyFlags sets what flags give.
func (c *checker) applyFlags(cfg *Config, flags Overrides) {
	all := leaves()
	for _, o := range flags {
		origin := Origin{Layer: LayerFlag, Name: o.Flag}
		found := false
		for _, l := range all {
			if l.path == o.Path {
				found = true
				c.apply(cfg, l, o.Text, origin)
			}
		}
		if found {
			continue
		}
		paths := make([]string, len(all))
		for i, l := range all {
			paths[i] = l.path
		}
		hint := "tandem config show --origin lists the keys that are set"
		if near := suggest.Nearest(o.Path, paths); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.report(origin, o.Path, "unknown key", hint)
	}
}

// apply sets one leaf, after clearing the alternatives to it that lower layers gave.
func (c *checker) apply(cfg *Config, l leaf, text string, origin Origin) {
	root := reflect.ValueOf(cfg).Elem()
	for _, h := range l.holders {
		c.displace(h, descend(root, h.path), origin.Layer)
	}
	c.origins.forget(l.path)
	for p := range c.broken {
		if p == l.path || strings.HasPrefix(p, l.path+".") {
			delete(c.broken, p)
		}
	}
	c.origins.byPath[l.path] = origin
	v := descend(root, l.path)
	if err := c.setLeaf(l, v, text, origin); err != nil {
		c.broken[l.path] = true
		c.report(origin, l.path, err.Error(), hintOf(err))
	}
}

func (c *checker) setLeaf(l leaf, v reflect.Value, text string, origin Origin) error {
	if h, ok := yamlfile.As[variableHolder](v); ok {
		if origin.Layer != LayerEnvironment {
			message, hint := v.Addr().Interface().(scalarRefuser).refuseScalar()
			return hinted(fmt.Errorf("%s", message), hint)
		}
		v.SetZero()
		h.fromVariable(origin.Name)
		c.origins.byPath[l.path+".env"] = origin
		return nil
	}
	if s, ok := yamlfile.As[setter](v); ok {
		return s.set(text)
	}
	if v.Kind() == reflect.Slice {
		var patterns []Pattern
		for _, part := range strings.Split(text, ",") {
			p, err := ParsePattern(strings.TrimSpace(part))
			if err != nil {
				return err
			}
			patterns = append(patterns, p)
		}
		v.Set(reflect.ValueOf(patterns))
		return nil
	}
	return c.setScalar(l.path, v, text)
}

// displace clears the alternatives to h.key that come from a lower layer.
func (c *checker) displace(h holder, v reflect.Value, layer Layer) {
	holder, ok := yamlfile.As[exclusive](v)
	if !ok {
		return
	}
	alternatives := holder.alternatives()
	isMine := func(keys []string) bool { return slices.Contains(keys, h.key) }
	if !slices.ContainsFunc(alternatives, isMine) {
		return // a key such as user, which goes with all of them
	}
	for _, keys := range alternatives {
		for _, key := range keys {
			at := yamlfile.Join(h.path, key)
			if field, ok := yamlfile.FieldOf(v, key); ok && !isMine(keys) && c.layerOf(at) < layer {
				field.SetZero()
				c.origins.forget(at)
				delete(c.broken, at)
			}
		}
	}
}

// layerOf is the highest layer that gave the path or anything under it.
func (c *checker) layerOf(path string) Layer {
	highest := LayerDefault
	for p, o := range c.origins.byPath {
		if p == path || strings.HasPrefix(p, path+".") {
			highest = max(highest, o.Layer)
		}
	}
	return highest
}

// descend returns the value at a path, making the structs on the way.
func descend(v reflect.Value, path string) reflect.Value {
	if path == "" {
		return v
	}
	for _, key := range strings.Split(path, ".") {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v, _ = yamlfile.FieldOf(v, key)
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	return v
}
