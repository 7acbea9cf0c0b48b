// Package library holds plans to start from. They are files like any other:
// tandem plan init writes one, and from then on it is the reader's own.
package library

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Template is a ready-made plan.
type Template struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Text  string `json:"-"`
}

// Default is the template that is taken when none is named.
const Default = "everything-at-once"

// Templates lists the ready-made plans.
func Templates() []Template {
	return []Template{
		{Name: Default, About: "one stage that hands over all groups, with a person's approval"},
		{Name: "group-by-group", About: "one stage for each group, watched for a while, the rest at last"},
	}
}

// Find returns a template with its text.
func Find(name string) (Template, error) {
	for _, t := range Templates() {
		if t.Name == name {
			data, err := files.ReadFile(name + ".yaml")
			if err != nil {
				return Template{}, fmt.Errorf("read the ready-made plan %s: %w", name, err)
			}
			t.Text = string(data)
			return t, nil
		}
	}
	return Template{}, fmt.Errorf("there is no ready-made plan %q", name)
}

// The part of a template between these lines stands once for each group; there
// the group is called reports.
const (
	beginGroup = "  # for each group:\n"
	endGroup   = "  # for the rest:\n"
	example    = "reports"
)

// For fits a template to a migration: the plan is called after it, and the part
// for each group is repeated for those of tandem.yaml. Without groups of its own
// everything goes with the rest.
func (t Template) For(migration string, groups []string) string {
	text := t.Text
	if migration != "" {
		text = strings.Replace(text, "name: courier-to-aurora\n", "name: "+migration+"\n", 1)
	}
	head, rest, found := strings.Cut(text, beginGroup)
	part, tail, closed := strings.Cut(rest, endGroup)
	if !found || !closed {
		return text
	}
	var b strings.Builder
	b.WriteString(head)
	for _, g := range groups {
		b.WriteString(strings.ReplaceAll(part, example, g))
	}
	b.WriteString(tail)
	return b.String()
}
