package plans

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

func resolvedSchema(t *testing.T) (*jsonschema.Schema, *jsonschema.Resolved) {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &s, resolved
}

// TestSchemaKeys proves that schema and types know the same keys, everywhere.
func TestSchemaKeys(t *testing.T) {
	t.Parallel()
	root, _ := resolvedSchema(t)
	var walk func(path string, s *jsonschema.Schema, typ reflect.Type)
	walk = func(path string, s *jsonschema.Schema, typ reflect.Type) {
		if name, ok := strings.CutPrefix(s.Ref, "#/definitions/"); ok {
			s = root.Definitions[name]
		}
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if len(s.OneOf) > 0 {
			s = s.OneOf[len(s.OneOf)-1] // the long form
		}
		v := reflect.New(typ).Elem()
		_, isSetter := yamlfile.As[setter](v)
		switch {
		case isSetter:
			if c, ok := yamlfile.As[choice](v); ok {
				var options []string
				for _, o := range s.Enum {
					options = append(options, o.(string))
				}
				if diff := cmp.Diff(c.choices(), options); diff != "" {
					t.Errorf("%s: choices -code +schema\n%s", path, diff)
				}
			}
		case typ.Kind() == reflect.Struct:
			want := yamlfile.Keys(v)
			slices.Sort(want)
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
	walk("", root, reflect.TypeFor[Plan]())
}

// TestSchemaVerdict lets the schema read the files that the parser reads: what
// is fine here must be fine in an editor.
func TestSchemaVerdict(t *testing.T) {
	t.Parallel()
	_, resolved := resolvedSchema(t)
	verdict := func(file string) error {
		data, err := yaml.YAMLToJSON(read(t, file))
		if err != nil {
			return err
		}
		var instance any
		if err := json.Unmarshal(data, &instance); err != nil {
			return err
		}
		return resolved.Validate(instance)
	}
	for _, file := range append(files(t, "testdata/ok/*.yaml"), files(t, "library/*.yaml")...) {
		if err := verdict(file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, file := range []string{"keys", "types", "missing", "secrets", "list", "version_crlf_japanese"} {
		if verdict("testdata/bad/"+file+".yaml") == nil {
			t.Errorf("the schema finds nothing wrong with %s", file)
		}
	}
}
