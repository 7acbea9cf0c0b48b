package preflight

import (
	"testing"

	"tandem/internal/schema"
)

func TestCircular(t *testing.T) {
	table := func(name string, parents ...string) *schema.Table {
		tb := &schema.Table{Name: schema.Name{Schema: "d", Table: name}}
		for _, p := range parents {
			tb.ForeignKeys = append(tb.ForeignKeys, schema.ForeignKey{Parent: schema.Name{Schema: "d", Table: p}, OnDelete: "CASCADE"})
		}
		return tb
	}
	plain := table("plain")
	plain.ForeignKeys = []schema.ForeignKey{{Parent: plain.Name, OnDelete: "RESTRICT"}}
	got := circular([]*schema.Table{
		table("root"), table("a", "root", "b"), table("b", "a"), table("leaf", "b"), table("self", "self"), plain,
	})
	for name, want := range map[string]bool{"root": false, "a": true, "b": true, "leaf": false, "self": true, "plain": false} {
		if got[schema.Name{Schema: "d", Table: name}] != want {
			t.Errorf("%s: circular is %t, want %t", name, !want, want)
		}
	}
}
