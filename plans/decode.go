package plans

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tandem/internal/suggest"
	"tandem/internal/yamlfile"
)

// decode reads the node at path into v. It is strict, goes on after a mistake,
// and notes the place of everything it meets.
func (s *source) decode(path string, node ast.Node, v reflect.Value) {
	if node == nil || node.Type() == ast.NullType {
		return // a key without a value is a key not given
	}
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		hint := "write the value out; what several stages share goes under defaults:"
		if node.Type() == ast.AliasType {
			hint = `a text that begins with * goes between quotes, such as "*"`
		}
		s.fail(ruleWrongType, path, "YAML anchors, aliases and tags are not read", hint)
		return
	}
	if to, ok := as[setter](v); ok {
		s.decodeSetter(path, node, to)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		s.decodeStruct(path, node, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		s.decode(path, node, v.Elem())
	case reflect.Slice:
		s.decodeSlice(path, node, v)
	case reflect.Map:
		s.decodeMap(path, node, v)
	default:
		s.decodeScalar(path, node, v)
	}
}

// fail reports a value that cannot be read.
func (s *source) fail(r Rule, path, message, hint string) {
	s.broken[path] = true
	s.add(s.finding(r, path, message, hint))
}

func (s *source) decodeSetter(path string, node ast.Node, to setter) {
	text, ok := yamlfile.ScalarText(node)
	if !ok {
		s.fail(ruleWrongType, path, "one value is needed, not "+yamlfile.Describe(node), "")
		return
	}
	if err := to.set(text); err != nil {
		s.fail(ruleBadValue, path, err.Error(), hintOf(err))
	}
}

func (s *source) decodeStruct(path string, node ast.Node, v reflect.Value) {
	entries, ok := yamlfile.Mapping(node)
	if !ok {
		hint := "the keys are " + strings.Join(keys(v), ", ")
		if short, can := as[shorthand](v); can {
			if b, isBool := node.(*ast.BoolNode); isBool {
				short.setBool(b.Value)
				return
			}
			hint = "write true, or keys: " + strings.Join(keys(v), ", ")
		}
		s.fail(ruleWrongType, path, "keys are needed here, not "+yamlfile.Describe(node), hint)
		return
	}
	seen := map[string]bool{}
	var meant []string // keys that misspelt ones were probably meant to be
	defer func() {
		for _, key := range meant {
			if !seen[key] {
				s.broken[join(path, key)] = true // said once is enough
			}
		}
	}()
	for _, entry := range entries {
		key := yamlfile.KeyText(entry)
		at := join(path, key)
		value, known := fieldByKey(v, key)
		if !known {
			s.note(at, entry)
			s.broken[at] = true
			meant = append(meant, suggest.Nearest(key, keys(v)))
			s.add(s.keyFinding(ruleUnknownKey, at, "unknown key", unknownHint(key, keys(v))))
			continue
		}
		if s.repeated(at, key, entry, seen) {
			continue
		}
		s.note(at, entry)
		s.decode(at, entry.Value, value)
	}
}

// misplaced says where keys belong that people look for elsewhere.
func misplaced(key string) string {
	switch key {
	case "password", "token", "dsn":
		return "servers and how to log in to them are in tandem.yaml; a plan holds no secret"
	case "groups", "tables":
		return "groups are made of tables in tandem.yaml; a stage names them: handover: [reports]"
	case "rollback":
		return "the way back needs no words: the same actions run with the other side. Conditions go to bake: {rollback_if: …}"
	case "shell", "sh":
		return `write exec: {command: [sh, -c, "…"], timeout: 30s}`
	case "steps":
		return "steps are not written: tandem plan show prints those that a stage expands to"
	}
	return ""
}

func unknownHint(key string, known []string) string {
	if near := suggest.Nearest(key, known); near != "" {
		return "did you mean " + near + "?"
	}
	if hint := misplaced(key); hint != "" {
		return hint
	}
	return "the keys here are " + strings.Join(known, ", ")
}

// repeated reports a key that stands in the mapping for the second time. The
// first one counts.
func (s *source) repeated(at, key string, entry *ast.MappingValueNode, seen map[string]bool) bool {
	if !seen[key] {
		seen[key] = true
		return false
	}
	first := s.places[at]
	s.note(at, entry)
	s.add(s.keyFinding(ruleDuplicateKey, at, fmt.Sprintf("%s is already given on line %d", key, first.key.Line), "keep one of the two"))
	s.places[at] = first
	return true
}

func (s *source) decodeSlice(path string, node ast.Node, v reflect.Value) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		hint := "write a list: [one, two]"
		if text, scalar := yamlfile.ScalarText(node); scalar {
			hint = fmt.Sprintf("write a list: [%q]", text)
		} else if v.Type().Elem().Kind() == reflect.Struct {
			hint = "begin each entry with a hyphen"
		}
		s.fail(ruleWrongType, path, "a list is needed, not "+yamlfile.Describe(node), hint)
		return
	}
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		s.noteItem(at, path, item)
		if item == nil || item.Type() == ast.NullType {
			s.fail(ruleBadValue, at, "an entry of the list is empty", "take the entry out")
		}
		s.decode(at, item, list.Index(i))
	}
	v.Set(list)
}

func (s *source) decodeMap(path string, node ast.Node, v reflect.Value) {
	entries, ok := yamlfile.Mapping(node)
	if !ok {
		s.fail(ruleWrongType, path, "keys are needed here, not "+yamlfile.Describe(node), "")
		return
	}
	seen := map[string]bool{}
	v.Set(reflect.MakeMap(v.Type()))
	for _, entry := range entries {
		key := yamlfile.KeyText(entry)
		at := join(path, key)
		if s.repeated(at, key, entry, seen) {
			continue
		}
		s.note(at, entry)
		element := reflect.New(v.Type().Elem()).Elem()
		s.decode(at, entry.Value, element)
		v.SetMapIndex(reflect.ValueOf(key), element)
	}
}

func (s *source) decodeScalar(path string, node ast.Node, v reflect.Value) {
	text, ok := yamlfile.ScalarText(node)
	if !ok {
		s.fail(ruleWrongType, path, "one value is needed, not "+yamlfile.Describe(node), "")
		return
	}
	var needed, hint string
	switch v.Kind() {
	case reflect.String:
		// What a query answers is a text here; nobody puts quotes around a 0.
		_, number := node.(*ast.IntegerNode)
		_, isText := node.(*ast.StringNode)
		_, block := node.(*ast.LiteralNode)
		if number || isText || block {
			v.SetString(text)
			return
		}
		needed, hint = "a text", fmt.Sprintf("put it between quotes: %q", text)
	case reflect.Bool:
		if b, isBool := node.(*ast.BoolNode); isBool {
			v.SetBool(b.Value)
			return
		}
		needed = "true or false"
	default:
		needed = "a whole number"
		if _, number := node.(*ast.IntegerNode); number {
			n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 0, 32)
			if err == nil {
				v.SetInt(n)
				return
			}
		}
	}
	s.fail(ruleWrongType, path, fmt.Sprintf("%s is needed, not %s", needed, yamlfile.Describe(node)), hint)
}

// note remembers where a key and its value stand.
func (s *source) note(path string, entry *ast.MappingValueNode) {
	var where place
	if p := entry.Key.GetToken().Position; p != nil {
		where.key = Position{p.Line, p.Column}
	}
	where.value = where.key
	if line, column, ok := yamlfile.Start(entry.Value); ok {
		where.value = Position{line, column}
	}
	s.places[path] = where
}

// noteItem remembers where an entry of a list stands.
func (s *source) noteItem(path, list string, node ast.Node) {
	where := s.places[list].value
	if line, column, ok := yamlfile.Start(node); ok {
		where = Position{line, column}
	}
	s.places[path] = place{key: where, value: where}
}
