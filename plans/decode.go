package plans

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tandem/internal/yamlfile"
)

// decode reads the plan into v, by rules of its own.
func (s *source) decode(body ast.Node, v reflect.Value) {
	d := decoder{source: s, given: map[string]bool{}, meant: map[string]bool{}}
	yamlfile.Decode(d, body, v)
	for path := range d.meant {
		if !d.given[path] {
			s.broken[path] = true // said once is enough
		}
	}
}

// decoder is how a plan is read: its [yamlfile.Rules].
type decoder struct {
	*source
	given map[string]bool // paths that were read
	meant map[string]bool // paths that misspelt ones were probably meant to be
}

// Report implements [yamlfile.Rules].
func (d decoder) Report(m yamlfile.Mistake, path, message, hint string) {
	switch m {
	case yamlfile.WrongType:
		d.fail(ruleWrongType, path, message, hint)
	case yamlfile.BadValue:
		d.fail(ruleBadValue, path, message, hint)
	case yamlfile.UnknownKey:
		d.broken[path] = true
		d.add(d.keyFinding(ruleUnknownKey, path, message, hint))
	case yamlfile.DuplicateKey:
		d.add(d.keyFinding(ruleDuplicateKey, path, message, hint))
	}
}

// fail reports a value that cannot be read.
func (s *source) fail(r Rule, path, message, hint string) {
	s.broken[path] = true
	s.add(s.finding(r, path, message, hint))
}

// Note implements [yamlfile.Rules].
func (d decoder) Note(path string, where yamlfile.Place) {
	d.places[path] = where
	d.given[path] = true
}

// Quote implements [yamlfile.Rules].
func (decoder) Quote(_, text string) string { return fmt.Sprintf("%q", text) }

// Setter implements [yamlfile.Rules].
func (decoder) Setter(v reflect.Value) func(path, text string) error {
	s, ok := yamlfile.As[setter](v)
	if !ok {
		return nil
	}
	return func(_, text string) error { return s.set(text) }
}

// NotKeys implements [yamlfile.Rules].
func (decoder) NotKeys(_ string, node ast.Node, v reflect.Value) (taken bool, message, hint string) {
	list := strings.Join(yamlfile.Keys(v), ", ")
	hint = "the keys are " + list
	if short, can := yamlfile.As[shorthand](v); can {
		if b, isBool := node.(*ast.BoolNode); isBool {
			short.setBool(b.Value)
			return true, "", ""
		}
		hint = "write true, or keys: " + list
	}
	return false, "keys are needed here, not " + yamlfile.Describe(node), hint
}

// NotList implements [yamlfile.Rules].
func (decoder) NotList(element reflect.Type) string {
	if element.Kind() == reflect.Struct {
		return "begin each entry with a hyphen"
	}
	return "write a list: [one, two]"
}

// Anchor implements [yamlfile.Rules].
func (decoder) Anchor(alias bool) string {
	if alias {
		return `a text that begins with * goes between quotes, such as "*"`
	}
	return "write the value out; what several stages share goes under defaults:"
}

// Unknown implements [yamlfile.Rules].
func (d decoder) Unknown(path, key, meant string, _ ast.Node) string {
	if meant != "" {
		d.meant[strings.TrimSuffix(path, key)+meant] = true
	}
	return misplaced(key)
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

// Scalar implements [yamlfile.Rules].
func (d decoder) Scalar(path string, node ast.Node, text string, v reflect.Value) {
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
	d.fail(ruleWrongType, path, fmt.Sprintf("%s is needed, not %s", needed, yamlfile.Describe(node)), hint)
}
