package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"

	"tandem/internal/yamlfile"
)

// note remembers where a key and its value stand.
func (d *decoder) note(path string, entry *ast.MappingValueNode) {
	origin := Origin{Layer: LayerFile, Name: d.doc.Name}
	if p := entry.Key.GetToken().Position; p != nil {
		origin.keyLine, origin.keyColumn = p.Line, p.Column
	}
	origin.Line, origin.Column = origin.keyLine, origin.keyColumn
	if line, column, ok := yamlfile.Start(entry.Value); ok {
		origin.Line, origin.Column = line, column
	}
	d.origins.byPath[path] = origin
}

// noteNode remembers where an entry of a list stands.
func (d *decoder) noteNode(path string, node ast.Node) {
	line, column, ok := yamlfile.Start(node)
	if !ok {
		around, _ := d.origins.nearest(path)
		line, column = around.Line, around.Column
	}
	d.origins.byPath[path] = Origin{Layer: LayerFile, Name: d.doc.Name, Line: line, Column: column, keyLine: line, keyColumn: column}
}

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

func (d *decoder) textHint(path string, v reflect.Value, text string) string {
	if v.Kind() == reflect.String {
		return "put it between quotes: " + d.quote(path, text)
	}
	return ""
}

func keysOf(v reflect.Value) []string {
	var keys []string
	for _, f := range fieldsOf(v) {
		keys = append(keys, f.key)
	}
	return keys
}
