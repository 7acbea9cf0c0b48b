package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tandem/internal/yamlfile"
)

// decoder is how tandem.yaml is read: the [yamlfile.Rules] of its own.
type decoder struct {
	*checker
}

// Report implements [yamlfile.Rules].
func (d decoder) Report(m yamlfile.Mistake, path, message, hint string) {
	if m != yamlfile.DuplicateKey {
		d.broken[path] = true
	}
	if m == yamlfile.DuplicateKey || m == yamlfile.UnknownKey {
		d.addKey(path, message, hint)
		return
	}
	d.add(path, message, hint)
}

// fail reports a value that cannot be read.
func (d decoder) fail(path, message, hint string) {
	d.Report(yamlfile.WrongType, path, message, hint)
}

// Note implements [yamlfile.Rules].
func (d decoder) Note(path string, p yamlfile.Place) {
	d.origins.byPath[path] = Origin{Layer: LayerFile, Name: d.doc.Name, Line: p.Line, Column: p.Column, keyLine: p.KeyLine, keyColumn: p.KeyColumn}
}

// Quote implements [yamlfile.Rules].
func (d decoder) Quote(path, text string) string { return d.quote(path, text) }

// Setter implements [yamlfile.Rules].
func (d decoder) Setter(v reflect.Value) func(path, text string) error {
	s, ok := yamlfile.As[setter](v)
	if !ok {
		return nil
	}
	return func(path, text string) error {
		err := s.set(text)
		if _, isDSN := s.(*DSN); isDSN && err != nil && !errors.Is(err, errDSNExtras) {
			d.mask(path, text)
		}
		return err
	}
}

// NotKeys implements [yamlfile.Rules].
func (d decoder) NotKeys(path string, node ast.Node, v reflect.Value) (taken bool, message, hint string) {
	if r, refuses := yamlfile.As[scalarRefuser](v); refuses {
		if text, scalar := yamlfile.ScalarText(node); scalar {
			d.mask(path, text)
		}
		message, hint = r.refuseScalar()
		return false, message, hint
	}
	return false, "keys are needed here, not " + yamlfile.Describe(node), "the keys are " + strings.Join(yamlfile.Keys(v), ", ")
}

// NotList implements [yamlfile.Rules].
func (decoder) NotList(reflect.Type) string { return "write a list: [one, two]" }

// Anchor implements [yamlfile.Rules].
func (decoder) Anchor(alias bool) string {
	if alias {
		return `write the value out; a text that begins with * goes between quotes, such as "*.*"`
	}
	return "write the value out"
}

// Unknown implements [yamlfile.Rules].
func (d decoder) Unknown(path, key, _ string, value ast.Node) string {
	if text, scalar := yamlfile.ScalarText(value); scalar && yamlfile.SecretKey(key) {
		d.mask(path, text)
	}
	return misplaced[key]
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

// Scalar implements [yamlfile.Rules].
func (d decoder) Scalar(path string, node ast.Node, text string, v reflect.Value) {
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
