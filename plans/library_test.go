package plans

import (
	"strings"
	"testing"

	"tandem/internal/schema"
	"tandem/plans/library"
)

// TestLibrary lints the ready-made plans, as they are and fitted to groups.
func TestLibrary(t *testing.T) {
	t.Parallel()
	for _, one := range library.Templates() {
		found, err := library.Find(one.Name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := configuration(t, settings)
		names := GroupNames(cfg)
		for what, text := range map[string]string{"as it is": found.Text, "fitted": found.For("parcels", names[:len(names)-1])} {
			// As it is, it names one group only.
			around := Surroundings{Config: cfg, Tables: fixed{tables: closed()}}
			r := lint(t, one.Name+".yaml", []byte(text), around)
			if len(r.Findings)+len(r.Skipped) > 0 {
				t.Errorf("%s %s: findings are\n%s%v", one.Name, what, show(r.Findings), r.Skipped)
			}
		}
		fitted := parse(t, found.For("parcels", names[:len(names)-1]))
		if fitted.Name != "parcels" {
			t.Errorf("%s: the plan is called %s", one.Name, fitted.Name)
		}
		// Without groups everything is in the default one.
		none := configuration(t, settings[:strings.Index(settings, "groups:")])
		alone := lint(t, one.Name+".yaml", []byte(found.For("parcels", nil)), Surroundings{Config: none, Tables: fixed{tables: []*schema.Table{table("orders")}}})
		if len(alone.Findings) > 0 {
			t.Errorf("%s without groups: findings are\n%s", one.Name, show(alone.Findings))
		}
	}
	if _, err := library.Find("x"); err == nil {
		t.Error("there is a plan x")
	}
}
