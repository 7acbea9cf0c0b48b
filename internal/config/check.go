package config

import (
	"fmt"
	"reflect"
	"strings"

	"tandem/internal/yamlfile"
)

// checker collects what is wrong, and knows where each path stands in the file.
type checker struct {
	doc      *yamlfile.Document
	origins  *originBook
	problems []Problem
	broken   map[string]bool // paths whose values could not be read
}

func newChecker(doc *yamlfile.Document) *checker {
	return &checker{doc: doc, origins: &originBook{byPath: map[string]Origin{}}, broken: map[string]bool{}}
}

// add reports the value at path.
func (c *checker) add(path, message, hint string) {
	origin, exact := c.origins.nearest(path)
	if !exact {
		origin.Line, origin.Column = origin.keyLine, origin.keyColumn
	}
	c.report(origin, path, message, hint)
}

// addKey reports the key itself.
func (c *checker) addKey(path, message, hint string) {
	origin, _ := c.origins.nearest(path)
	origin.Line, origin.Column = origin.keyLine, origin.keyColumn
	c.report(origin, path, message, hint)
}

// missing reports that there is nothing at path. Where its value could not be
// read, or a value around it, that has been reported and is enough.
func (c *checker) missing(path, hint string) {
	if c.failed(path) {
		return
	}
	c.addKey(path, "is missing", hint)
}

// exclusives checks the alternatives of every mapping that has some. It comes
// before complete, which makes one alternative out of another.
func (c *checker) exclusives(path string, v reflect.Value) {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return
	}
	if holder, ok := yamlfile.As[exclusive](v); ok && !c.failed(path) {
		c.alternatives(path, holder)
	}
	for _, f := range yamlfile.Fields(v) {
		c.exclusives(yamlfile.Join(path, f.Key), f.Value)
	}
}

func (c *checker) duplicate(path string, p Pattern, before []Pattern) {
	for _, other := range before {
		if p.text != "" && other.text == p.text {
			c.add(path, p.String()+" stands here twice", "take one of the two out")
			return
		}
	}
}

// failed reports whether the value at path, or one around it, could not be read.
func (c *checker) failed(path string) bool {
	for path != "" {
		if c.broken[path] {
			return true
		}
		path = yamlfile.Around(path)
	}
	return false
}

// mask hides the text that was found at path, which is or may be a password.
func (c *checker) mask(path, text string) {
	origin, _ := c.origins.nearest(path)
	c.doc.Mask(origin.Line, text)
}

// quote is text as a message may repeat it: never where passwords are dealt with.
func (c *checker) quote(path, text string) string {
	if strings.Contains(path, "password") {
		c.mask(path, text)
		return redacted
	}
	return fmt.Sprintf("%q", text)
}

// alternatives reports the second alternative of holder that is given.
func (c *checker) alternatives(path string, holder exclusive) {
	given, first := 0, ""
	for _, keys := range holder.alternatives() {
		for _, key := range keys {
			field, ok := yamlfile.FieldOf(reflect.ValueOf(holder).Elem(), key)
			if !ok || field.IsZero() && !c.broken[path+"."+key] {
				continue
			}
			given++
			if given == 1 {
				first = key
			} else {
				c.addKey(path+"."+key, key+" and "+first+" exclude each other", "keep one of the two")
			}
			break
		}
	}
}

func (c *checker) report(origin Origin, path, message, hint string) {
	p := Problem{File: c.doc.Name, Key: path, Message: message, Hint: hint}
	switch origin.Layer {
	case LayerEnvironment, LayerFlag:
		p.From = origin.Name
	case LayerFile:
		p.Line, p.Column = origin.Line, origin.Column
	}
	c.problems = append(c.problems, p)
}

// maxProblems is more than anybody reads.
const maxProblems = 50

// finish returns what was found as an error, or nil. Excerpts are made now,
// when everything that must be masked is known.
func (c *checker) finish() error {
	if len(c.problems) == 0 {
		return nil
	}
	problems := &Problems{File: c.doc.Name, List: c.problems}
	problems.sort()
	if more := len(problems.List) - maxProblems; more > 0 {
		problems.List = append(problems.List[:maxProblems:maxProblems],
			Problem{File: c.doc.Name, Message: fmt.Sprintf("and %d mistakes more", more), Hint: "is it the right file?"})
	}
	for i := range problems.List {
		if p := &problems.List[i]; p.Line > 0 {
			p.Excerpt = c.doc.Excerpt(p.Line, p.Column)
		}
	}
	return problems
}
