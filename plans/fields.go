package plans

import (
	"fmt"
	"reflect"
	"strings"
)

// field is one key of a mapping.
type field struct {
	key   string
	value reflect.Value
}

// fieldsOf lists the keys of a struct, those of inlined structs among them.
func fieldsOf(v reflect.Value) []field {
	var fields []field
	for i := range v.NumField() {
		tag, ok := v.Type().Field(i).Tag.Lookup("yaml")
		switch {
		case !ok:
		case strings.HasSuffix(tag, ",inline"):
			fields = append(fields, fieldsOf(v.Field(i))...)
		default:
			fields = append(fields, field{key: tag, value: v.Field(i)})
		}
	}
	return fields
}

func fieldByKey(v reflect.Value, key string) (reflect.Value, bool) {
	for _, f := range fieldsOf(v) {
		if f.key == key {
			return f.value, true
		}
	}
	return reflect.Value{}, false
}

func elem[T any](v *T) reflect.Value { return reflect.ValueOf(v).Elem() }

func keysOf[T any]() []string { return keys(reflect.New(reflect.TypeFor[T]()).Elem()) }

func keys(v reflect.Value) []string {
	var list []string
	for _, f := range fieldsOf(v) {
		list = append(list, f.key)
	}
	return list
}

func as[T any](v reflect.Value) (T, bool) {
	t, ok := v.Addr().Interface().(T)
	return t, ok
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func stagePath(i int, key string) string { return join(fmt.Sprintf("stages[%d]", i), key) }
