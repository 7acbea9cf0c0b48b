package config

import (
	"reflect"
	"strings"
)

// The kinds of value beyond Go's own which a key can have.
type (
	// setter reads itself from text, wherever the text comes from.
	setter interface{ set(text string) error }
	// exclusive is a mapping with keys that stand for each other.
	exclusive interface{ alternatives() [][]string }
	// scalarRefuser explains why a plain value may not stand for a mapping.
	scalarRefuser interface {
		refuseScalar() (message, hint string)
	}
	// variableHolder takes a variable by its name when the variable is called
	// like the mapping itself.
	variableHolder interface{ fromVariable(name string) }
	// rebaser is a path that is relative to where it was written.
	rebaser interface{ rebase(dir string) }
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
		if !ok {
			continue
		}
		if strings.HasSuffix(tag, ",inline") {
			fields = append(fields, fieldsOf(v.Field(i))...)
			continue
		}
		fields = append(fields, field{key: tag, value: v.Field(i)})
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

// as returns v, or the address of v, as one of the interfaces above.
func as[T any](v reflect.Value) (T, bool) {
	if v.CanAddr() {
		t, ok := v.Addr().Interface().(T)
		return t, ok
	}
	t, ok := v.Interface().(T)
	return t, ok
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
