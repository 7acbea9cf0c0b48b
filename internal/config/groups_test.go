package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tables(names ...string) (list []Table) {
	for _, name := range names {
		db, table, _ := strings.Cut(name, ".")
		list = append(list, Table{db, table})
	}
	return list
}

func TestResolve(t *testing.T) {
	t.Parallel()
	g := Groups{
		"reports": {pattern(t, "courier.report_*"), pattern(t, "courier.summary")},
		"orders":  {pattern(t, "courier.order*"), pattern(t, "courier.gone_*")},
	}
	a, err := g.Resolve(tables("courier.report_b", "courier.orders", "courier.drivers", "courier.report_a", "courier.order_lines"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]Table{
		"reports":    tables("courier.report_a", "courier.report_b"),
		"orders":     tables("courier.order_lines", "courier.orders"),
		DefaultGroup: tables("courier.drivers"),
	}
	if diff := cmp.Diff(want, a.Groups); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff([]string{"orders: courier.gone_*", "reports: courier.summary"}, a.Unused); diff != "" {
		t.Errorf("unused -want +got\n%s", diff)
	}
	for name, want := range map[string]string{"courier.report_a": "reports", "courier.drivers": "default", "courier.new": "default"} {
		if got := a.Group(tables(name)[0]); got != want {
			t.Errorf("group of %s is %s, want %s", name, got, want)
		}
	}
}

func TestResolveNamesEveryClash(t *testing.T) {
	t.Parallel()
	g := Groups{"a": {pattern(t, "c.*_x")}, "b": {pattern(t, "c.y_*")}}
	_, err := g.Resolve(tables("c.y_x", "c.y_y_x", "c.z"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"table c.y_x is in the groups a and b", "table c.y_y_x is in the groups a and b"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
