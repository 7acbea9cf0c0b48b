package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tandem/internal/preflight"
)

// TestEachCheckHasItsPage: a finding names its page, so there is one for each check,
// and none for a check that is gone.
func TestEachCheckHasItsPage(t *testing.T) {
	t.Parallel()
	const folder = "../../../docs/preflight"
	list, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]bool{}
	for _, c := range preflight.Checks() {
		pages[c.ID+".md"] = true
		text, err := os.ReadFile(filepath.Join(folder, c.ID+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range []string{"# " + c.ID + "\n", "**Looks at.** ", "**Why.** ", "**Fix.**"} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s.md has no %q", c.ID, part)
			}
		}
		if !strings.Contains(string(list), "("+c.ID+".md)") {
			t.Errorf("the list does not name %s", c.ID)
		}
	}
	files, err := filepath.Glob(folder + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := filepath.Base(f); name != "README.md" && !pages[name] {
			t.Errorf("%s is about no check", name)
		}
	}
}
