package architecture

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strings"
	"testing"
)

// longest is the length that no Go file exceeds, in lines. About 120 is usual.
const longest = 500

// mainFiles is where, and only where, a program ends itself.
const mainFiles = "cmd/*/main.go"

// sourceRules returns every breach of the rules for one Go file.
func sourceRules(file string, source []byte) ([]string, error) {
	var breaches []string
	if lines := strings.Count(string(source), "\n"); lines > longest {
		breaches = append(breaches, fmt.Sprintf("%s: %d lines, more than %d: divide it by what its parts are about", file, lines, longest))
	}
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	breach := func(node ast.Node, why string) {
		breaches = append(breaches, fmt.Sprintf("%s: %s", positions.Position(node.Pos()), why))
	}
	isTest := strings.HasSuffix(file, "_test.go")
	ast.Inspect(parsed, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncDecl:
			if node.Name.Name == "init" && node.Recv == nil && !isTest {
				breach(node, "func init(): what happens must be called by somebody")
			}
		case *ast.SelectorExpr:
			if why := forbiddenSelector(file, isTest, node); why != "" {
				breach(node, why)
			}
		case *ast.CallExpr:
			if name, ok := node.Fun.(*ast.Ident); ok && (name.Name == "print" || name.Name == "println") {
				breach(node, name.Name+": a left-over of debugging")
			}
		}
		return true
	})
	return breaches, nil
}

func forbiddenSelector(file string, isTest bool, selector *ast.SelectorExpr) string {
	of, ok := selector.X.(*ast.Ident)
	if !ok {
		return ""
	}
	full := of.Name + "." + selector.Sel.Name
	switch full {
	case "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln":
		if main, err := path.Match(mainFiles, file); (!main || err != nil) && !isTest {
			return full + ": only main ends the program, others return errors"
		}
	case "fmt.Print", "fmt.Printf", "fmt.Println", "os.Stdout", "os.Stderr", "log.Print", "log.Printf", "log.Println":
		if !within(file, "cmd") && !isTest {
			return full + ": only code under cmd prints, others log to the slog.Logger they are given or return"
		}
	}
	return ""
}

func TestSourceRules(t *testing.T) {
	t.Parallel()
	checked := 0
	for file, content := range tracked(t) {
		if !strings.HasSuffix(file, ".go") {
			continue
		}
		checked++
		breaches, err := sourceRules(file, content)
		if err != nil {
			t.Error(err)
		}
		for _, breach := range breaches {
			t.Error(breach)
		}
	}
	if checked < 20 {
		t.Errorf("%d Go files only", checked)
	}
}

func TestSourceRulesFindBreaches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file, body string
		breaches   int
	}{
		{"internal/a/a.go", "func f() error { return nil }", 0},
		{"internal/a/a.go", "func init() {}", 1},
		{"internal/a/a.go", "type t struct{}\nfunc (t) init() {}", 0},
		{"internal/a/a_test.go", "func init() {}", 0},
		{"internal/a/a.go", "func f() { os.Exit(1) }", 1},
		{"internal/a/a.go", "func f() { log.Fatalf(``) }", 1},
		{"cmd/internal/cli/a.go", "func f() { os.Exit(1) }", 1},
		{"cmd/tandem/main.go", "func main() { os.Exit(1) }", 0},
		{"cmd/tandem/other.go", "func f() { os.Exit(1) }", 1},
		{"cmd/tandem/main_test.go", "func f() { os.Exit(1) }", 0},
		{"replicate/a.go", "func f() { fmt.Println(); fmt.Fprintln(os.Stderr) }", 2},
		{"replicate/a.go", "func f(w io.Writer) { fmt.Fprintln(w) }", 0},
		{"cmd/internal/ui/a.go", "func f() { fmt.Println(); _ = os.Stdout }", 0},
		{"cmd/internal/ui/a.go", "func f() { println() }", 1},
		{"internal/a/a.go", strings.Repeat("//\n", longest-2), 0},
		{"internal/a/a.go", strings.Repeat("//\n", longest), 1},
	} {
		got, err := sourceRules(test.file, []byte("package a\n\n"+test.body))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != test.breaches {
			t.Errorf("%s with %.40q: %q, want %d", test.file, test.body, got, test.breaches)
		}
	}
	if _, err := sourceRules("a.go", []byte("package")); err == nil {
		t.Error("no error for a file that is not Go")
	}
}
