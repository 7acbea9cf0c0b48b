package architecture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "tandem"

// unit is one package, as go list tells it.
type unit struct {
	ImportPath string
	Name       string
	Imports    []string
}

// engines are the three packages that never know each other.
var engines = []string{"replicate", "verify", "plans"}

// confined lists libraries that belong to some folders only.
var confined = []struct {
	library string
	folders []string
}{
	{"github.com/go-mysql-org/go-mysql", []string{"replicate/binlog", "internal/wire"}},
	{"github.com/spf13/cobra", []string{"cmd"}},
	{"github.com/spf13/pflag", []string{"cmd"}},
	{"github.com/vbauerster/mpb/v8", []string{"cmd"}},
	{"golang.org/x/term", []string{"cmd"}},
	{"github.com/lmittmann/tint", []string{"cmd"}},
	{"github.com/aws", []string{"internal/aws"}},
	{"cloud.google.com/go", []string{"internal/gcp"}},
	{"google.golang.org/api", []string{"internal/gcp"}},
}

// leaves may import the standard library and what is listed.
var leaves = map[string][]string{
	"internal/schema": {},
	"internal/change": {"internal/schema"},
	"internal/cloud":  {},
}

// vague are names that say nothing about what is inside.
var vague = []string{"util", "utils", "common", "types", "pkg", "helper", "helpers", "misc"}

// importRules returns every breach of the import rules.
func importRules(units []unit) []string {
	var breaches []string
	breach := func(format string, args ...any) { breaches = append(breaches, fmt.Sprintf(format, args...)) }
	for _, u := range units {
		from := inModule(u.ImportPath)
		for _, word := range append(strings.Split(from, "/"), u.Name) {
			if slices.Contains(vague, word) {
				breach("%s: %q says nothing about what the package is", from, word)
				break
			}
		}
		for _, imported := range u.Imports {
			for _, c := range confined {
				if within(imported, c.library) && !withinAny(from, c.folders) {
					breach("%s imports %s, which only %s may", from, c.library, strings.Join(c.folders, " and "))
				}
			}
			if allowed, leaf := leaves[from]; leaf && !standard(imported) && !slices.Contains(allowed, inModule(imported)) {
				breach("%s imports %s; it may import the standard library only%s", from, imported, list(allowed))
			}
			if !within(imported, module) {
				continue
			}
			to := inModule(imported)
			switch {
			case within(to, "cmd") && !within(from, "cmd"):
				breach("%s imports %s: cmd wires everything and nobody imports it", from, to)
			case within(from, "internal") && withinAny(to, engines):
				breach("%s imports %s: internal packages know none of %s", from, to, strings.Join(engines, ", "))
			case withinAny(from, engines) && withinAny(to, engines) && top(from) != top(to):
				breach("%s imports %s: %s never import each other", from, to, strings.Join(engines, ", "))
			}
		}
	}
	return breaches
}

func list(allowed []string) string {
	if len(allowed) == 0 {
		return ""
	}
	return " and " + strings.Join(allowed, ", ")
}

func inModule(importPath string) string { return strings.TrimPrefix(importPath, module+"/") }

func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

func withinAny(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(p, f) })
}

func top(p string) string {
	first, _, _ := strings.Cut(p, "/")
	return first
}

// standard tells whether a path belongs to the standard library: its first
// element has no dot, and it is not ours.
func standard(importPath string) bool {
	return !strings.Contains(top(importPath), ".") && !within(importPath, module)
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	// -e: what does not build is found by whoever builds it.
	command := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Imports", "./...")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var units []unit
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var u unit
		if err := decoder.Decode(&u); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
	if len(units) < 5 {
		t.Fatalf("go list found %d packages only", len(units))
	}
	for _, breach := range importRules(units) {
		t.Error(breach)
	}
}

func TestImportRulesFindBreaches(t *testing.T) {
	t.Parallel()
	const goMySQL = "github.com/go-mysql-org/go-mysql"
	for _, test := range []struct {
		from, to string
		breach   bool
	}{
		{"replicate", "internal/schema", false},
		{"cmd/internal/cli", "replicate", false},
		{"cmd/tandem", "cmd/internal/cli", false},
		{"replicate", "replicate/binlog", false},
		{"replicate/binlog", goMySQL + "/replication", false},
		{"internal/wire", goMySQL + "/client", false},
		{"internal/change", "internal/schema", false},
		{"internal/schema", "encoding/binary", false},
		{"cmd/internal/cli", "github.com/spf13/cobra", false},
		{"internal/wired", goMySQL + "/client", true},
		{"replicate/applier", goMySQL + "/mysql", true},
		{"internal/config", "github.com/spf13/cobra", true},
		{"replicate/binlog", "cmd/internal/ui", true},
		{"internal/chunk", "replicate/copier", true},
		{"replicate", "verify", true},
		{"verify/digest", "plans/journal", true},
		{"plans", "replicate/binlog", true},
		{"internal/schema", "internal/change", true},
		{"internal/schema", "golang.org/x/text", true},
		{"internal/change", "internal/mysqldb", true},
		{"internal/aws/awsfake", "github.com/aws/aws-sdk-go-v2/aws", false},
		{"internal/gcp", "google.golang.org/api/sqladmin/v1", false},
		{"internal/preflight", "github.com/aws/aws-sdk-go-v2/service/rds", true},
		{"cmd/internal/cli", "cloud.google.com/go/cloudsqlconn", true},
		{"internal/cloud", "internal/mysqldb", true},
		{"internal/util", "fmt", true},
		{"plans/types", "fmt", true},
	} {
		to := test.to
		if !strings.Contains(to, ".") && !standardName(to) {
			to = module + "/" + to
		}
		got := importRules([]unit{{ImportPath: module + "/" + test.from, Name: path.Base(test.from), Imports: []string{to}}})
		if (len(got) > 0) != test.breach {
			t.Errorf("%s imports %s: breaches %q, want one: %v", test.from, to, got, test.breach)
		}
	}
	if got := importRules([]unit{{ImportPath: module + "/internal/fine", Name: "common"}}); len(got) != 1 {
		t.Errorf("a package named common: %q", got)
	}
}

func standardName(p string) bool { return p == "fmt" || p == "encoding/binary" }
