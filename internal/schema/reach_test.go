package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReach(t *testing.T) {
	t.Parallel()
	n := func(table string) Name { return Name{Schema: "d", Table: table} }
	table := func(name string, parents ...string) *Table {
		tb := &Table{Name: n(name)}
		for _, p := range parents {
			tb.ForeignKeys = append(tb.ForeignKeys, ForeignKey{Parent: n(p), ParentCols: []string{p + "_id"}, OnDelete: "CASCADE"})
		}
		return tb
	}
	plain := table("plain")
	plain.ForeignKeys = []ForeignKey{{Parent: n("plain"), OnDelete: "RESTRICT", OnUpdate: "NO ACTION"}}
	r := ReachOf([]*Table{
		table("root"), table("a", "root", "b"), table("b", "a"), table("leaf", "b"), table("self", "self"), plain,
		table("orphan", "elsewhere"),
	})
	below := map[Name][]Name{
		n("root"): {n("a"), n("b"), n("leaf")}, n("a"): {n("b"), n("a"), n("leaf")}, n("b"): {n("a"), n("leaf"), n("b")},
		n("self"): {n("self")}, n("elsewhere"): {n("orphan")},
	}
	if d := cmp.Diff(below, r.Below); d != "" {
		t.Error(d)
	}
	columns := map[Name][]string{
		n("root"): {"root_id"}, n("a"): {"a_id"}, n("b"): {"b_id", "b_id"}, n("self"): {"self_id"}, n("elsewhere"): {"elsewhere_id"},
	}
	if d := cmp.Diff(columns, r.Columns); d != "" {
		t.Error(d)
	}
	for name, want := range map[string]bool{"root": false, "a": true, "b": true, "leaf": false, "self": true, "plain": false, "nobody": false} {
		if r.Circular(n(name)) != want {
			t.Errorf("%s: circular is %t, want %t", name, !want, want)
		}
	}
	if !r.Reaches(n("root"), n("leaf")) || r.Reaches(n("leaf"), n("root")) {
		t.Error("the root does not reach the leaf, or the leaf the root")
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	if tb := (&Table{Columns: []Column{{Name: "v"}}}); !tb.Changed([]string{"v"}, Row{{}}, Row{nil}) {
		t.Error("from an empty text to NULL is no change")
	}
	tb := &Table{Columns: []Column{{Name: "id"}, {Name: "Code"}, {Name: "v"}}}
	before := Row{[]byte("1"), []byte("a"), []byte("x")}
	for _, c := range []struct {
		columns []string
		after   Row
		want    bool
	}{
		{[]string{"id", "code"}, Row{[]byte("1"), []byte("a"), []byte("y")}, false},
		{[]string{"id", "code"}, Row{[]byte("1"), []byte("A"), []byte("x")}, true},
		{[]string{"gone"}, before, true}, // nobody knows
		{[]string{"code"}, Row{[]byte("1"), nil, []byte("x")}, true},
		{nil, Row{[]byte("2"), nil, nil}, false},
	} {
		if got := tb.Changed(c.columns, before, c.after); got != c.want {
			t.Errorf("%v from %q to %q: changed is %t", c.columns, before, c.after, got)
		}
	}
}
