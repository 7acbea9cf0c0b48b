package plans

import (
	"fmt"
	"reflect"

	"tandem/internal/yamlfile"
)

func elem[T any](v *T) reflect.Value { return reflect.ValueOf(v).Elem() }

func keysOf[T any]() []string { return yamlfile.Keys(reflect.New(reflect.TypeFor[T]()).Elem()) }

func stagePath(i int, key string) string { return yamlfile.Join(fmt.Sprintf("stages[%d]", i), key) }
