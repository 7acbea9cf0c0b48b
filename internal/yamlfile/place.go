package yamlfile

import "github.com/goccy/go-yaml/ast"

// Place is where a key and its value stand, from 1.
type Place struct {
	KeyLine, KeyColumn int
	Line, Column       int
}

// PlaceOf finds a key and its value; where there is none, it counts as standing
// at the key.
func PlaceOf(entry *ast.MappingValueNode) Place {
	var where Place
	if p := entry.Key.GetToken().Position; p != nil {
		where.KeyLine, where.KeyColumn = p.Line, p.Column
	}
	where.Line, where.Column = where.KeyLine, where.KeyColumn
	if line, column, ok := Start(entry.Value); ok {
		where.Line, where.Column = line, column
	}
	return where
}

// PlaceOfItem finds an entry of a list: an empty one counts as standing where
// the list does.
func PlaceOfItem(item ast.Node, list Place) Place {
	line, column, ok := Start(item)
	if !ok {
		line, column = list.Line, list.Column
	}
	return Place{KeyLine: line, KeyColumn: column, Line: line, Column: column}
}
