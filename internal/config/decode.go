package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tandem/internal/suggest"
	"tandem/internal/yamlfile"
)

// decoder fills a Config from a YAML tree. It is strict, goes on after a
// mistake, and notes the position of everything it meets.
type decoder struct {
	*checker
}

// decode reads the node at path into v.
func (d *decoder) decode(path string, node ast.Node, v reflect.Value) {
	if node == nil || node.Type() == ast.NullType {
		return // a key without a value is a key not given
	}
	switch n := node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		hint := "write the value out"
		if n.Type() == ast.AliasType {
			hint = `write the value out; a text that begins with * goes between quotes, such as "*.*"`
		}
		d.fail(path, "YAML anchors, aliases and tags are not read", hint)
		return
	}
	if s, ok := as[setter](v); ok {
		d.decodeSetter(path, node, s)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.decodeStruct(path, node, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(path, node, v.Elem())
	case reflect.Slice:
		d.decodeSlice(path, node, v)
	case reflect.Map:
		d.decodeMap(path, node, v)
	default:
		d.decodeScalar(path, node, v)
	}
}

// fail reports a value that cannot be read, once.
func (d *decoder) fail(path, message, hint string) {
	d.broken[path] = true
	d.add(path, message, hint)
}

func (d *decoder) decodeSetter(path string, node ast.Node, s setter) {
	text, ok := yamlfile.ScalarText(node)
	if !ok {
		d.fail(path, "one value is needed, not "+yamlfile.Describe(node), "")
		return
	}
	if err := s.set(text); err != nil {
		if _, isDSN := s.(*DSN); isDSN && !errors.Is(err, errDSNExtras) {
			d.mask(path, text)
		}
		d.fail(path, err.Error(), hintOf(err))
	}
}

func (d *decoder) decodeStruct(path string, node ast.Node, v reflect.Value) {
	entries, ok := yamlfile.Mapping(node)
	if !ok {
		if r, refuses := as[scalarRefuser](v); refuses {
			if text, scalar := yamlfile.ScalarText(node); scalar {
				d.mask(path, text)
			}
			message, hint := r.refuseScalar()
			d.fail(path, message, hint)
			return
		}
		d.fail(path, "keys are needed here, not "+yamlfile.Describe(node), "the keys are "+strings.Join(keysOf(v), ", "))
		return
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		key := yamlfile.KeyText(entry)
		at := join(path, key)
		value, known := fieldByKey(v, key)
		if !known {
			d.note(at, entry)
			d.unknown(at, key, entry, v)
			continue
		}
		if d.repeated(at, key, entry, seen) {
			continue
		}
		d.note(at, entry)
		d.decode(at, entry.Value, value)
	}
}

// repeated reports a key that stands in the mapping for the second time. The
// first one counts.
func (d *decoder) repeated(at, key string, entry *ast.MappingValueNode, seen map[string]bool) bool {
	if !seen[key] {
		seen[key] = true
		return false
	}
	first := d.origins.byPath[at]
	d.note(at, entry)
	d.addKey(at, fmt.Sprintf("%s is already given on line %d", key, first.keyLine), "keep one of the two")
	d.origins.byPath[at] = first
	return true
}

func (d *decoder) unknown(at, key string, entry *ast.MappingValueNode, v reflect.Value) {
	if text, scalar := yamlfile.ScalarText(entry.Value); scalar && yamlfile.SecretKey(key) {
		d.mask(at, text)
	}
	hint := "the keys here are " + strings.Join(keysOf(v), ", ")
	if known, ok := misplaced[key]; ok {
		hint = known
	}
	if near := suggest.Nearest(key, keysOf(v)); near != "" {
		hint = "did you mean " + near + "?"
	}
	d.broken[at] = true
	d.addKey(at, "unknown key", hint)
}

// misplaced says where keys belong that people look for elsewhere.
var misplaced = map[string]string{
	"iam":      "write password: {iam: true}",
	"database": `databases go to tables: {include: ["database.*"]}`,
	"db":       `databases go to tables: {include: ["database.*"]}`,
	"username": "write user:",
	"ssl":      "write tls:",
	"ca":       "write tls: {ca: …}",
	"workers":  "write replicate: {copy: {workers: …}}",
}

func (d *decoder) decodeSlice(path string, node ast.Node, v reflect.Value) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		hint := "write a list: [one, two]"
		if text, scalar := yamlfile.ScalarText(node); scalar {
			hint = fmt.Sprintf("write a list: [%s]", d.quote(path, text))
		}
		d.fail(path, "a list is needed, not "+yamlfile.Describe(node), hint)
		return
	}
	list := reflect.MakeSlice(v.Type(), 0, len(seq.Values))
	for i, item := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.noteNode(at, item)
		element := reflect.New(v.Type().Elem()).Elem()
		if item == nil || item.Type() == ast.NullType {
			d.fail(at, "an entry of the list is empty", "take the entry out")
		}
		d.decode(at, item, element)
		list = reflect.Append(list, element)
	}
	v.Set(list)
}

func (d *decoder) decodeMap(path string, node ast.Node, v reflect.Value) {
	entries, ok := yamlfile.Mapping(node)
	if !ok {
		d.fail(path, "keys are needed here, not "+yamlfile.Describe(node), "")
		return
	}
	seen := map[string]bool{}
	v.Set(reflect.MakeMap(v.Type()))
	for _, entry := range entries {
		key := yamlfile.KeyText(entry)
		at := join(path, key)
		if d.repeated(at, key, entry, seen) {
			continue
		}
		d.note(at, entry)
		element := reflect.New(v.Type().Elem()).Elem()
		d.decode(at, entry.Value, element)
		v.SetMapIndex(reflect.ValueOf(key), element)
	}
}

func (d *decoder) decodeScalar(path string, node ast.Node, v reflect.Value) {
	text, ok := yamlfile.ScalarText(node)
	if !ok {
		d.fail(path, "one value is needed, not "+yamlfile.Describe(node), "")
		return
	}
	switch n := node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		if v.Kind() != reflect.String {
			// "3306" in quotes is a mistake that is seen in no editor.
			d.fail(path, fmt.Sprintf("%s is needed, not the text %s", kindName(v), d.quote(path, text)), "")
			return
		}
	case *ast.BoolNode:
		if v.Kind() != reflect.Bool {
			d.fail(path, fmt.Sprintf("%s is needed, not %v", kindName(v), n.Value), d.textHint(path, v, text))
			return
		}
	case *ast.IntegerNode:
		if !v.CanInt() && !v.CanUint() {
			d.fail(path, fmt.Sprintf("%s is needed, not a number", kindName(v)), d.textHint(path, v, text))
			return
		}
	default:
		d.fail(path, fmt.Sprintf("%s is needed, not %s", kindName(v), yamlfile.Describe(node)), d.textHint(path, v, text))
		return
	}
	if err := d.setScalar(path, v, text); err != nil {
		d.fail(path, err.Error(), "")
	}
}

// setScalar reads text into a plain Go value, for the file and for variables.
func (c *checker) setScalar(path string, v reflect.Value, text string) error {
	wrong := fmt.Errorf("%s is needed, not %s", kindName(v), c.quote(path, text))
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return wrong
		}
		v.SetBool(b)
	case v.CanInt():
		n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 0, v.Type().Bits())
		if err != nil {
			return wrong
		}
		v.SetInt(n)
	case v.CanUint():
		n, err := strconv.ParseUint(strings.ReplaceAll(text, "_", ""), 0, v.Type().Bits())
		if err != nil {
			return wrong
		}
		v.SetUint(n)
	default:
		return wrong
	}
	return nil
}
