package yamlfile

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/google/go-cmp/cmp"
)

// even is a value that is written as a text.
type even string

type inner struct {
	Name string `yaml:"name"`
	Even even   `yaml:"even"`
}

type outer struct {
	Flat  `yaml:",inline"`
	Other *inner           `yaml:"other"`
	List  []inner          `yaml:"list"`
	Map   map[string]inner `yaml:"map"`
	Words []string         `yaml:"words"`
	None  int              // no key
}

type Flat struct {
	Number int `yaml:"number"`
}

// plain are rules that do nothing special.
type plain struct {
	said   []string
	places map[string]Place
}

func (p *plain) Report(m Mistake, path, message, hint string) {
	where := p.places[path]
	p.said = append(p.said, fmt.Sprintf("%d %d:%d/%d:%d %s: %s (%s)", m, where.KeyLine, where.KeyColumn, where.Line, where.Column, path, message, hint))
}
func (p *plain) Note(path string, where Place) { p.places[path] = where }
func (*plain) Quote(_, text string) string     { return "<" + text + ">" }
func (*plain) Setter(v reflect.Value) func(path, text string) error {
	e, ok := As[*even](v)
	if !ok {
		return nil
	}
	return func(_, text string) error {
		if len(text)%2 != 0 {
			return Hinted(errors.New("odd"), "add one")
		}
		*e = even(text)
		return nil
	}
}
func (*plain) Scalar(_ string, _ ast.Node, text string, v reflect.Value) {
	if v.Kind() == reflect.String {
		v.SetString(text)
	} else {
		v.SetInt(int64(len(text)))
	}
}
func (*plain) NotKeys(_ string, node ast.Node, _ reflect.Value) (bool, string, string) {
	_, isBool := node.(*ast.BoolNode)
	return isBool, "no keys", "write keys"
}
func (*plain) Unknown(_, key, meant string, _ ast.Node) string {
	if key == "elsewhere" {
		return "not here"
	}
	return meant
}
func (*plain) Anchor(alias bool) string    { return fmt.Sprint("alias ", alias) }
func (*plain) NotList(reflect.Type) string { return "hyphens" }

func decodeText(t *testing.T, text string) (*outer, *plain) {
	t.Helper()
	file, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		t.Fatal(err)
	}
	var o outer
	p := &plain{places: map[string]Place{}}
	Decode(p, file.Docs[0].Body, reflect.ValueOf(&o).Elem())
	return &o, p
}

func TestDecode(t *testing.T) {
	t.Parallel()
	got, p := decodeText(t, "number: 12345\nother: {name: a, even: ab}\nlist:\n  - name: b\n  - even:\nmap: {x: {name: c}}\nwords: [d, e]\n")
	want := &outer{Flat: Flat{5}, Other: &inner{"a", "ab"}, List: []inner{{Name: "b"}, {}}, Map: map[string]inner{"x": {Name: "c"}}, Words: []string{"d", "e"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(p.said) > 0 {
		t.Error(p.said)
	}
	for path, where := range map[string]Place{
		"number": {1, 1, 1, 9}, "other.even": {2, 18, 2, 24}, "list[0]": {4, 5, 4, 5}, "list[1].even": {5, 5, 5, 10}, "map.x.name": {6, 11, 6, 17},
	} {
		if p.places[path] != where {
			t.Errorf("%s is at %v, want %v", path, p.places[path], where)
		}
	}
}

func TestDecodeMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nmber: 1":                         "2 1:1/1:8 nmber: unknown key (did you mean number?)",
		"elsewhere: 1":                     "2 1:1/1:12 elsewhere: unknown key (not here)",
		"zzzzzz: 1":                        "2 1:1/1:9 zzzzzz: unknown key (the keys here are number, other, list, map, words)",
		"None: 1":                          "2 1:1/1:7 None: unknown key (the keys here are number, other, list, map, words)",
		"number: 1\nnumber: 22":            "3 2:1/2:9 number: number is already given on line 1 (keep one of the two)",
		"map: {a: {}, a: {}}":              "3 1:14/1:17 map.a: a is already given on line 1 (keep one of the two)",
		"number: [1]":                      "0 1:1/1:9 number: one value is needed, not a list ()",
		"other: {even: abc}":               "1 1:9/1:15 other.even: odd (add one)",
		"other: {even: [a]}":               "0 1:9/1:15 other.even: one value is needed, not a list ()",
		"other: abc":                       "0 1:1/1:8 other: no keys (write keys)",
		"other: true":                      "",
		"map: abc":                         "0 1:1/1:6 map: keys are needed here, not a text ()",
		"words: abc":                       "0 1:1/1:8 words: a list is needed, not a text (write a list: [<abc>])",
		"list: {name: x}":                  "0 1:1/1:7 list: a list is needed, not keys (hyphens)",
		"words: [a, null]":                 "1 1:12/1:12 words[1]: an entry of the list is empty (take the entry out)",
		"other: &x {name: a}":              "0 1:1/1:8 other: YAML anchors, aliases and tags are not read (alias false)",
		"words: [a, *x]":                   "0 1:12/1:12 words[1]: YAML anchors, aliases and tags are not read (alias true)",
		"number: null\nother:\nlist: []\n": "",
	} {
		_, p := decodeText(t, text)
		if got := strings.Join(p.said, "\n"); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	// Of a key that is given twice the first counts, and keeps its place.
	o, p := decodeText(t, "number: 1\nnumber: 22")
	if o.Number != 1 || p.places["number"].Line != 1 {
		t.Errorf("number is %d digits long, at line %d", o.Number, p.places["number"].Line)
	}
}
