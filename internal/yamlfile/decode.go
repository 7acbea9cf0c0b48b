package yamlfile

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tandem/internal/suggest"
)

// Mistake is a way in which what is written can not be read.
type Mistake int

// The mistakes. The last two are about the key, the others about its value.
const (
	WrongType Mistake = iota
	BadValue
	UnknownKey
	DuplicateKey
)

// Rules are what a kind of file does in its own way.
type Rules interface {
	// Report takes a mistake at path.
	Report(m Mistake, path, message, hint string)
	// Note takes where a path stands. The last call for a path holds.
	Note(path string, where Place)
	// Quote is a text as a message may repeat it.
	Quote(path, text string) string
	// Setter returns what reads a value that is written as one text, nil for
	// others.
	Setter(v reflect.Value) func(path, text string) error
	// Scalar reads a plain value of Go's own.
	Scalar(path string, node ast.Node, text string, v reflect.Value)
	// NotKeys takes what stands where keys are expected, and otherwise returns the
	// message and hint to report.
	NotKeys(path string, node ast.Node, v reflect.Value) (taken bool, message, hint string)
	// Unknown takes a key that the mapping has not; meant is the one that it may be
	// a misspelling of. It returns what to write instead, empty if it knows no
	// better than the list of keys.
	Unknown(path, key, meant string, value ast.Node) (hint string)
	// Anchor says what to write instead of a YAML anchor or tag, or of an alias.
	Anchor(alias bool) (hint string)
	// NotList says what to write instead of something that is no plain value where
	// a list of such elements is expected.
	NotList(element reflect.Type) (hint string)
}

// Decode reads the document into v. It is strict, goes on after a mistake, and
// notes the place of everything it meets. Of a key that is given twice the first
// counts.
func Decode(rules Rules, body ast.Node, v reflect.Value) {
	d := decoder{Rules: rules, places: map[string]Place{}}
	d.decode("", body, v)
}

type decoder struct {
	Rules
	places map[string]Place
}

func (d *decoder) decode(path string, node ast.Node, v reflect.Value) {
	if node == nil || node.Type() == ast.NullType {
		return // a key without a value is a key not given
	}
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		d.Report(WrongType, path, "YAML anchors, aliases and tags are not read", d.Anchor(node.Type() == ast.AliasType))
		return
	}
	if set := d.Setter(v); set != nil {
		if text, ok := d.text(path, node); ok {
			if err := set(path, text); err != nil {
				d.Report(BadValue, path, err.Error(), HintOf(err))
			}
		}
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
		if text, ok := d.text(path, node); ok {
			d.Scalar(path, node, text, v)
		}
	}
}

// text returns what is written where one value is expected.
func (d *decoder) text(path string, node ast.Node) (string, bool) {
	text, ok := ScalarText(node)
	if !ok {
		d.Report(WrongType, path, "one value is needed, not "+Describe(node), "")
	}
	return text, ok
}

func (d *decoder) decodeStruct(path string, node ast.Node, v reflect.Value) {
	entries, ok := Mapping(node)
	if !ok {
		if taken, message, hint := d.NotKeys(path, node, v); !taken {
			d.Report(WrongType, path, message, hint)
		}
		return
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		key := KeyText(entry)
		at := Join(path, key)
		value, known := FieldOf(v, key)
		if !known {
			d.note(at, PlaceOf(entry))
			d.unknown(at, key, entry.Value, Keys(v))
			continue
		}
		if !d.repeated(at, key, entry, seen) {
			d.decode(at, entry.Value, value)
		}
	}
}

func (d *decoder) unknown(at, key string, value ast.Node, known []string) {
	meant := suggest.Nearest(key, known)
	hint := d.Unknown(at, key, meant, value)
	switch {
	case meant != "":
		hint = "did you mean " + meant + "?"
	case hint == "":
		hint = "the keys here are " + strings.Join(known, ", ")
	}
	d.Report(UnknownKey, at, "unknown key", hint)
}

// repeated notes where a key stands, and reports one that stands in the mapping
// for the second time.
func (d *decoder) repeated(at, key string, entry *ast.MappingValueNode, seen map[string]bool) bool {
	first := d.places[at]
	d.note(at, PlaceOf(entry))
	if !seen[key] {
		seen[key] = true
		return false
	}
	d.Report(DuplicateKey, at, fmt.Sprintf("%s is already given on line %d", key, first.KeyLine), "keep one of the two")
	d.note(at, first)
	return true
}

func (d *decoder) decodeSlice(path string, node ast.Node, v reflect.Value) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		hint := d.NotList(v.Type().Elem())
		if text, scalar := ScalarText(node); scalar {
			hint = fmt.Sprintf("write a list: [%s]", d.Quote(path, text))
		}
		d.Report(WrongType, path, "a list is needed, not "+Describe(node), hint)
		return
	}
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.note(at, PlaceOfItem(item, d.places[path]))
		if item == nil || item.Type() == ast.NullType {
			d.Report(BadValue, at, "an entry of the list is empty", "take the entry out")
		}
		d.decode(at, item, list.Index(i))
	}
	v.Set(list)
}

func (d *decoder) decodeMap(path string, node ast.Node, v reflect.Value) {
	entries, ok := Mapping(node)
	if !ok {
		d.Report(WrongType, path, "keys are needed here, not "+Describe(node), "")
		return
	}
	seen := map[string]bool{}
	v.Set(reflect.MakeMap(v.Type()))
	for _, entry := range entries {
		key := KeyText(entry)
		at := Join(path, key)
		if d.repeated(at, key, entry, seen) {
			continue
		}
		element := reflect.New(v.Type().Elem()).Elem()
		d.decode(at, entry.Value, element)
		v.SetMapIndex(reflect.ValueOf(key), element)
	}
}

func (d *decoder) note(path string, where Place) {
	d.places[path] = where
	d.Note(path, where)
}
