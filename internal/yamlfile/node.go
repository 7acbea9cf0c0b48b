package yamlfile

import "github.com/goccy/go-yaml/ast"

// Mapping returns the entries of a mapping, of which the parser has two forms.
func Mapping(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		return nil, false
	}
}

// ScalarText returns the text of a single value as it was written, without quotes.
func ScalarText(node ast.Node) (string, bool) {
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

// KeyText returns the text of a key.
func KeyText(entry *ast.MappingValueNode) string {
	if text, ok := ScalarText(entry.Key); ok {
		return text
	}
	return entry.Key.String()
}

// Start finds where a node begins. The token of a block mapping is the colon
// after its first key.
func Start(node ast.Node) (line, column int, ok bool) {
	switch n := node.(type) {
	case nil:
		return 0, 0, false
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return Start(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return Start(n.Key)
	}
	if node.GetToken() == nil || node.GetToken().Position == nil {
		return 0, 0, false
	}
	p := node.GetToken().Position
	return p.Line, p.Column, true
}

// Describe says what a node is, for a message.
func Describe(node ast.Node) string {
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
