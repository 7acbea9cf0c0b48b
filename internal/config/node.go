package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// mapping returns the entries of a mapping, of which the parser has two forms.
func mapping(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		return nil, false
	}
}

// scalarText returns the text of a single value as it was written, without quotes.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	default:
		return "", false
	}
}

func keyText(entry *ast.MappingValueNode) string {
	if text, ok := scalarText(entry.Key); ok {
		return text
	}
	return entry.Key.String()
}

// note remembers where a key and its value stand.
func (d *decoder) note(path string, entry *ast.MappingValueNode) {
	origin := Origin{Layer: LayerFile, Name: d.doc.name}
	if p := entry.Key.GetToken().Position; p != nil {
		origin.keyLine, origin.keyColumn = p.Line, p.Column
	}
	origin.Line, origin.Column = origin.keyLine, origin.keyColumn
	if line, column, ok := start(entry.Value); ok {
		origin.Line, origin.Column = line, column
	}
	d.origins.byPath[path] = origin
}

// noteNode remembers where an entry of a list stands.
func (d *decoder) noteNode(path string, node ast.Node) {
	line, column, ok := start(node)
	if !ok {
		around, _ := d.origins.nearest(path)
		line, column = around.Line, around.Column
	}
	d.origins.byPath[path] = Origin{Layer: LayerFile, Name: d.doc.name, Line: line, Column: column, keyLine: line, keyColumn: column}
}

// start finds where a node begins. The token of a block mapping is the colon
// after its first key.
func start(node ast.Node) (line, column int, ok bool) {
	switch n := node.(type) {
	case nil:
		return 0, 0, false
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return start(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return start(n.Key)
	}
	if node.GetToken() == nil || node.GetToken().Position == nil {
		return 0, 0, false
	}
	p := node.GetToken().Position
	return p.Line, p.Column, true
}

func describe(node ast.Node) string {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	default:
		return "a text"
	}
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
