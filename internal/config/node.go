package config

import (
	"fmt"
	"reflect"
)

func kindName(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.String:
		return "a text"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.CanUint():
		return fmt.Sprintf("a whole number from 0 to %d", uint64(1)<<v.Type().Bits()-1)
	default:
		return "a whole number"
	}
}

func (d decoder) textHint(path string, v reflect.Value, text string) string {
	if v.Kind() == reflect.String {
		return "put it between quotes: " + d.quote(path, text)
	}
	return ""
}
