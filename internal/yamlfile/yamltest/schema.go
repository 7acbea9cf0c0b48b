// Package yamltest holds JSON Schemas against the Go types that files are read
// into: what an editor completes must be what the program reads.
package yamltest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"tandem/internal/yamlfile"
)

// Schema reads a schema, and makes it ready to check files with.
func Schema(t testing.TB, text []byte) (*jsonschema.Schema, *jsonschema.Resolved) {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &s, resolved
}

// Validate checks a YAML text against a schema, as an editor does.
func Validate(resolved *jsonschema.Resolved, text []byte) error {
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	var instance any
	if err := json.Unmarshal(data, &instance); err != nil {
		return err
	}
	return resolved.Validate(instance)
}

// SameKeys fails the test where schema and type do not know the same keys, or
// not the same choices. single tells which values are written as one text, and
// what they may be if that is a list.
func SameKeys(t testing.TB, root *jsonschema.Schema, typ reflect.Type, single func(reflect.Value) (is bool, choices []string)) {
	t.Helper()
	var walk func(path string, s *jsonschema.Schema, typ reflect.Type)
	walk = func(path string, s *jsonschema.Schema, typ reflect.Type) {
		if name, ok := strings.CutPrefix(s.Ref, "#/definitions/"); ok {
			s = root.Definitions[name]
		}
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		v := reflect.New(typ).Elem()
		is, choices := single(v)
		switch {
		case is && choices != nil:
			if diff := cmp.Diff(choices, Texts(s.Enum)); diff != "" {
				t.Errorf("%s: choices -code +schema\n%s", path, diff)
			}
		case is:
		case typ.Kind() == reflect.Struct:
			if len(s.OneOf) > 0 {
				s = s.OneOf[len(s.OneOf)-1] // the long form
			}
			want := slices.Sorted(slices.Values(yamlfile.Keys(v)))
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(s.Properties))); diff != "" {
				t.Errorf("%s: keys -code +schema\n%s", path, diff)
			}
			for _, f := range yamlfile.Fields(v) {
				if p := s.Properties[f.Key]; p != nil {
					walk(yamlfile.Join(path, f.Key), p, f.Value.Type())
				}
			}
		case typ.Kind() == reflect.Slice && s.Items == nil:
			t.Errorf("%s: the schema has no items", path)
		case typ.Kind() == reflect.Slice:
			walk(path+"[]", s.Items, typ.Elem())
		}
	}
	walk("", root, typ)
}

// Texts are the values of an enum.
func Texts(list []any) (texts []string) {
	for _, one := range list {
		text, _ := one.(string)
		texts = append(texts, text)
	}
	return texts
}
