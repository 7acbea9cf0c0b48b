package plans

import (
	"reflect"
	"testing"

	"tandem/internal/yamlfile"
	"tandem/internal/yamlfile/yamltest"
)

// TestSchemaKeys proves that schema and types know the same keys, everywhere.
func TestSchemaKeys(t *testing.T) {
	t.Parallel()
	root, _ := yamltest.Schema(t, Schema())
	yamltest.SameKeys(t, root, reflect.TypeFor[Plan](), func(v reflect.Value) (bool, []string) {
		if c, ok := yamlfile.As[choice](v); ok {
			return true, c.choices()
		}
		_, ok := yamlfile.As[setter](v)
		return ok, nil
	})
}

// TestSchemaVerdict lets the schema read the files that the parser reads: what
// is fine here must be fine in an editor.
func TestSchemaVerdict(t *testing.T) {
	t.Parallel()
	_, resolved := yamltest.Schema(t, Schema())
	verdict := func(file string) error { return yamltest.Validate(resolved, read(t, file)) }
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
