package yamlfile

import (
	"reflect"
	"strings"
)

// Field is one key of a mapping.
type Field struct {
	Key   string
	Value reflect.Value
}

// Fields lists the keys of a struct, those of inlined structs among them. A key
// is what the tag yaml names.
func Fields(v reflect.Value) []Field {
	var fields []Field
	for i := range v.NumField() {
		tag, ok := v.Type().Field(i).Tag.Lookup("yaml")
		switch {
		case !ok:
		case strings.HasSuffix(tag, ",inline"):
			fields = append(fields, Fields(v.Field(i))...)
		default:
			fields = append(fields, Field{Key: tag, Value: v.Field(i)})
		}
	}
	return fields
}

// FieldOf returns the value of a key.
func FieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for _, f := range Fields(v) {
		if f.Key == key {
			return f.Value, true
		}
	}
	return reflect.Value{}, false
}

// Keys lists the keys of a struct.
func Keys(v reflect.Value) []string {
	var keys []string
	for _, f := range Fields(v) {
		keys = append(keys, f.Key)
	}
	return keys
}

// As returns v, or the address of v, as an interface that a kind of value may
// implement.
func As[T any](v reflect.Value) (T, bool) {
	if v.CanAddr() {
		v = v.Addr()
	}
	t, ok := v.Interface().(T)
	return t, ok
}

// Join returns the path of a key within the mapping at path.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Around returns the path of what is around path: the mapping of a key, the list
// of an entry. It is empty for the file.
func Around(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }
