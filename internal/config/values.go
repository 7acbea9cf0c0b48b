package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"tandem/internal/yamlfile"
)

// Value is one setting that holds, in a form to be printed.
type Value struct {
	Path   string
	Value  any // string, int64, bool or []string
	Origin Origin
}

// Values lists what holds, in the order of the file's documentation. What was
// neither given nor has a default is left out.
func (c *Config) Values() []Value {
	book := &originBook{byPath: c.origins}
	var all []Value
	var walk func(path string, v reflect.Value)
	leaf := func(path string, value any) {
		origin, _ := book.nearest(path)
		if _, ok := c.origins[path]; !ok && origin.Layer == LayerFile {
			origin = Origin{} // a default inside a mapping of the file
		}
		all = append(all, Value{Path: path, Value: value, Origin: origin})
	}
	walk = func(path string, v reflect.Value) {
		if v.IsZero() {
			return
		}
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		_, isSetter := yamlfile.As[setter](v)
		switch {
		case isSetter:
			leaf(path, fmt.Sprint(v.Interface()))
		case v.Kind() == reflect.Struct:
			for _, f := range yamlfile.Fields(v) {
				walk(yamlfile.Join(path, f.Key), f.Value)
			}
		case v.Kind() == reflect.Map:
			for _, key := range slices.Sorted(maps.Keys(stringKeys(v))) {
				walk(yamlfile.Join(path, key), v.MapIndex(reflect.ValueOf(key)))
			}
		case v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[AppConfig]():
			for i := range v.Len() {
				walk(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
			}
		case v.Kind() == reflect.Slice:
			texts := make([]string, v.Len())
			for i := range texts {
				texts[i] = fmt.Sprint(v.Index(i).Interface())
			}
			leaf(path, texts)
		case v.CanInt():
			leaf(path, v.Int())
		case v.CanUint():
			leaf(path, int64(v.Uint()))
		default:
			leaf(path, v.Interface())
		}
	}
	walk("", reflect.ValueOf(c).Elem())
	return all
}

func stringKeys(v reflect.Value) map[string]bool {
	keys := map[string]bool{}
	for _, k := range v.MapKeys() {
		keys[k.String()] = true
	}
	return keys
}
