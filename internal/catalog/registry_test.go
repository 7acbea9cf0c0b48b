package catalog

import (
	"sync"
	"testing"

	"tandem/internal/schema"
)

func named(table string, parents ...string) *schema.Table {
	t := &schema.Table{Name: schema.Name{Schema: "d", Table: table}}
	for _, p := range parents {
		t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{Parent: schema.Name{Schema: "d", Table: p}})
	}
	return t
}

func TestRegistry(t *testing.T) {
	child := named("child", "old", "other")
	r := NewRegistry([]*schema.Table{named("old"), child})
	of := func(table string) *schema.Table {
		got, ok := r.Table(schema.Name{Schema: "d", Table: table})
		if ok != (got != nil) {
			t.Fatalf("%s: %v, %v", table, got, ok)
		}
		return got
	}
	before := of("old")
	if !r.Rename(schema.Name{Schema: "d", Table: "old"}, schema.Name{Schema: "e", Table: "new"}) {
		t.Error("not renamed")
	}
	if r.Rename(schema.Name{Schema: "d", Table: "nothing"}, schema.Name{Schema: "d", Table: "x"}) {
		t.Error("renamed what is not there")
	}
	if of("old") != nil || before.Table != "old" {
		t.Error("the old name is still there, or the old table was changed")
	}
	got, ok := r.Table(schema.Name{Schema: "e", Table: "new"})
	if !ok || got.Table != "new" {
		t.Errorf("new: %+v", got)
	}
	if f := of("child").ForeignKeys; f[0].Parent.String() != "e.new" || f[1].Parent.String() != "d.other" {
		t.Errorf("foreign keys %+v", f)
	}
	if child.ForeignKeys[0].Parent.String() != "d.old" {
		t.Error("a table in use was changed")
	}
	r.Replace(named("child"))
	if len(of("child").ForeignKeys) != 0 || r.Len() != 2 || r.Tables()[0].Table != "child" {
		t.Errorf("tables %+v", r.Tables())
	}
	r.Drop(schema.Name{Schema: "d", Table: "child"})
	if of("child") != nil || r.Len() != 1 {
		t.Error("not dropped")
	}
}

func TestRegistryConcurrently(t *testing.T) {
	r := NewRegistry([]*schema.Table{named("a")})
	var g sync.WaitGroup
	for range 4 {
		g.Go(func() {
			for range 100 {
				r.Replace(named("a"))
				r.Table(schema.Name{Schema: "d", Table: "a"})
				r.Rename(schema.Name{Schema: "d", Table: "a"}, schema.Name{Schema: "d", Table: "b"})
				r.Tables()
				r.Drop(schema.Name{Schema: "d", Table: "b"})
			}
		})
	}
	g.Wait()
}
