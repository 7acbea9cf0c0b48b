package plans

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tandem/internal/golden"
)

func show(list []Finding) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return list
}

// TestBadFiles compares every finding of the files under testdata/bad with the
// file of the same name that ends with .want.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "testdata/bad/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, list := Parse("plan.yaml", read(t, file))
			got := show(list)
			if Errors(list) == 0 {
				t.Error("no error was found")
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("the password is shown:\n%s", got)
			}
			golden.Equal(t, strings.TrimSuffix(file, ".yaml")+".want", got)
		})
	}
}

func parse(t *testing.T, text string) *Plan {
	t.Helper()
	p, list := Parse("plan.yaml", []byte(text))
	if len(list) > 0 {
		t.Fatalf("the plan is not fine:\n%s", show(list))
	}
	return p
}

const inheriting = `version: 1
name: courier
defaults:
  approve: true
  gates: {timeout: 30m, lag: {below: 1s}}
  pause_budget: 3s
  traffic: [{exec: {command: [./switch, "${side}"], timeout: 5s}}]
stages:
  - name: a
    handover: [x]
    gates:
      lag:
        below: 2s
  - {name: b, handover: [y, "*"], approve: false, traffic: []}
`

func TestDefaults(t *testing.T) {
	t.Parallel()
	p := parse(t, inheriting)
	a, b := p.Stages[0], p.Stages[1]
	if !a.Approve.Needed() || b.Approve.Needed() {
		t.Error("approve is not taken over, or not overridden")
	}
	if a.Gates.Timeout != 0 || a.Gates.Lag.Below.String() != "2s" || b.Gates.Timeout.String() != "30m" {
		t.Errorf("gates are %+v and %+v", a.Gates, b.Gates)
	}
	if len(a.Traffic) != 1 || len(b.Traffic) != 0 || a.PauseBudget != b.PauseBudget {
		t.Errorf("traffic is %v and %v", a.Traffic, b.Traffic)
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	p := parse(t, inheriting)
	for path, want := range map[string]Position{
		"name":                       {2, 7},
		"stages[0].gates.lag.below":  {13, 16},
		"stages[0].gates.lag":        {13, 9},
		"stages[0].gates.parity":     {12, 7},
		"stages[1].handover[1]":      {14, 29},
		"stages[1].gates.lag.below":  {5, 38}, // where it comes from
		"stages[1].pause_budget":     {6, 17},
		"stages[0].traffic[0].exec":  {7, 20},
		"stages[0].bake.rollback_if": {9, 5},
		"nonsense":                   {1, 1},
	} {
		if got := p.At(path); got != want {
			t.Errorf("%s is at %v, want %v", path, got, want)
		}
	}
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	_, _, err := Load(filepath.Join(t.TempDir(), "plan.yaml"))
	if _, ok := err.(*NoFileError); !ok {
		t.Errorf("error is %v", err)
	}
	if _, list := Parse("x", make([]byte, maxFile+1)); Errors(list) != 1 {
		t.Errorf("a file that is too large: %v", list)
	}
}

// TestWrongFile reads files that are no plans at all: what is said is short,
// and comes at once.
func TestWrongFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"k%d: v\n": "and 4803 findings more", "k%d: u:hunter2%[1]d@h\n": "the file is full of what looks like passwords"} {
		var b strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&b, text, i)
		}
		_, list := Parse("plan.yaml", []byte(b.String()))
		got := show(list)
		if len(list) > maxFindings+1 || !strings.Contains(got, want) || strings.Contains(got, "hunter2") {
			t.Errorf("%d findings, the last one %s", len(list), list[len(list)-1])
		}
	}
}

// FuzzParse feeds the parser with anything: it must answer, and not repeat a
// password that stands where one is recognised.
func FuzzParse(f *testing.F) {
	for _, glob := range []string{"testdata/*/*.yaml", "library/*.yaml"} {
		list, err := filepath.Glob(glob)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range list {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, list := Parse("plan.yaml", []byte(text))
		if p == nil && Errors(list) == 0 {
			t.Error("neither a plan nor an error")
		}
		for _, one := range list {
			if one.Message == "" || one.ID == "" {
				t.Errorf("an empty finding: %+v", one)
			}
		}
		if p == nil {
			return
		}
		if _, err := Lint(t.Context(), p, list, Surroundings{WhyNot: "a test"}); err != nil {
			t.Error(err)
		}
		p.Steps(nil)
	})
}
