package plans

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/config"
	"tandem/internal/schema"
)

// world is everything that a digest is made of.
type world struct {
	plan, config, program string
	tables                []*schema.Table
}

func digestOf(t *testing.T, w world) Digest {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "switch"), []byte(w.program), 0o755); err != nil {
		t.Fatal(err)
	}
	p, list := Parse(filepath.Join(dir, "plan.yaml"), []byte(w.plan))
	if Errors(list) > 0 {
		t.Fatal(show(list))
	}
	var cfg *config.Config
	if w.config != "" {
		cfg = configuration(t, w.config)
	}
	d, err := p.Digest(cfg, w.tables)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const digested = `version: 1
name: courier
defaults: {pause_budget: 3s, gates: {timeout: 30m, parity: {within: 10m}}}
stages:
  - name: a
    handover: [orders]
    traffic: [{exec: {command: [./switch, "${side}"], timeout: 5s}}]
  - {name: b, handover: ["*"], approve: {within: 1h}}
`

func theWorld() world { return world{digested, settings, "#!/bin/sh\n", closed()} }

// TestDigestStays changes what means nothing.
func TestDigestStays(t *testing.T) {
	t.Parallel()
	was := digestOf(t, theWorld())
	if !was.Complete() || len(was.Sum) != 64 {
		t.Fatalf("the digest is %+v", was)
	}
	replace := func(old, new string) func(*world) {
		return func(w *world) { w.plan = strings.Replace(w.plan, old, new, 1) }
	}
	for name, change := range map[string]func(*world){
		"nothing":            func(*world) {},
		"a comment":          replace("stages:", "# a comment\nstages:"),
		"the order of keys":  replace("{name: b, handover: [\"*\"], approve: {within: 1h}}", "{approve: {within: 60m}, handover: ['*'], name: b}"),
		"a default in place": replace("    handover: [orders]", "    handover: [orders]\n    pause_budget: 3000ms"),
		"a password":         func(w *world) { w.config = strings.Replace(w.config, "{env: SOURCE_PW}", "{file: pw}", 1) },
		"a user":             func(w *world) { w.config = strings.Replace(w.config, "user: tandem", "user: mover", 1) },
		"the order of tables": func(w *world) {
			slices.Reverse(w.tables)
		},
		"a worker more": func(w *world) { w.config += "replicate: {copy: {workers: 7}}\n" },
	} {
		w := theWorld()
		change(&w)
		now := digestOf(t, w)
		if err := was.Check("approved", now); err != nil || was.Sum != now.Sum {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDigestDrifts changes what means something, and says what.
func TestDigestDrifts(t *testing.T) {
	t.Parallel()
	was := digestOf(t, theWorld())
	plan := func(old, new string) func(*world) {
		return func(w *world) { w.plan = strings.Replace(w.plan, old, new, 1) }
	}
	settings := func(old, new string) func(*world) {
		return func(w *world) { w.config = strings.Replace(w.config, old, new, 1) }
	}
	for name, test := range map[string]struct {
		change func(*world)
		want   []Drift
	}{
		"a term of one stage": {plan("within: 1h", "within: 2h"), []Drift{{"stage b", Changed}}},
		"a default":           {plan("pause_budget: 3s", "pause_budget: 4s"), []Drift{{"stage a", Changed}, {"stage b", Changed}}},
		"another name":        {plan("name: courier", "name: parcels"), []Drift{{"plan", Changed}}},
		"a stage's name":      {plan("name: b", "name: c"), []Drift{{"stage b", Gone}, {"stage c", New}}},
		"an argument":         {plan(`"${side}"`, `"${side}", now`), []Drift{{"stage a", Changed}}},
		"no approval":         {plan("approve: {within: 1h}", "approve: false"), []Drift{{"stage b", Changed}}},
		"the program":         {func(w *world) { w.program += "exit 1\n" }, []Drift{{"program ./switch", Changed}}},
		"another server":      {settings("10.0.0.2", "10.0.0.3"), []Drift{{"target server", Changed}}},
		"a group's pattern":   {settings(`"courier.order*"`, `"courier.order*", "courier.users"`), []Drift{{"group orders", Changed}, {"table courier.users", Changed}}},
		"a policy":            {func(w *world) { w.config += "replicate: {on_ddl: stop}\n" }, []Drift{{"policies", Changed}}},
		"a table's columns":   {func(w *world) { w.tables[3].Fingerprint = "other" }, []Drift{{"table courier.users", Changed}}},
		"tables":              {func(w *world) { w.tables[0] = table("x") }, []Drift{{"table courier.orders", Gone}, {"table courier.x", New}}},
		"tables not known":    {func(w *world) { w.tables = nil }, append(gone(closed()), Drift{"the source's tables", Unknown})},
	} {
		w := theWorld()
		test.change(&w)
		now := digestOf(t, w)
		if diff := cmp.Diff(test.want, was.Drift(now)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		if now.Sum == was.Sum {
			t.Errorf("%s: the sum is the same", name)
		}
		var drift *DriftError
		if err := was.Check("rehearsed", now); !errors.As(err, &drift) || !strings.Contains(err.Error(), test.want[0].String()) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	// What could not be looked at is not even like itself.
	half := digestOf(t, world{digested, "", "", nil})
	if half.Complete() || half.Check("approved", half) == nil {
		t.Error("a digest that lacks something is taken for the same")
	}
	if drift := was.Drift(Digest{Sum: "other", Parts: was.Parts}); len(drift) != 1 {
		t.Errorf("drift is %v", drift)
	}
}

func gone(tables []*schema.Table) []Drift {
	var list []Drift
	for _, t := range tables {
		list = append(list, Drift{"table " + t.Name.String(), Gone})
	}
	slices.SortFunc(list, func(a, b Drift) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func TestDigestWithoutTheProgram(t *testing.T) {
	t.Parallel()
	p, _ := Parse(filepath.Join(t.TempDir(), "plan.yaml"), []byte(digested))
	d, err := p.Digest(configuration(t, settings), closed())
	if err != nil || !slices.Equal(d.Missing, []string{"program ./switch"}) {
		t.Errorf("missing are %v, %v", d.Missing, err)
	}
}
