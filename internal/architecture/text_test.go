package architecture

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the repository, seen from this folder.
const root = "../.."

// private are things that hold on one machine or in one network only. A clone
// must build anywhere, so no file names them.
var private = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"the host of a package registry or mirror", regexp.MustCompile(`(?i)\b(proxy|sumdb|sum|registry|mirrors?|deb|archive|security|index|pypi|goproxy)(\.[a-z0-9-]+)+\.(org|com|io|net|dev|cn|local|internal)\b`)},
	{"the host of a package registry or mirror", regexp.MustCompile(`(?i)\b[a-z0-9.-]*(artifactory|nexus|jfrog)[a-z0-9-]*\.[a-z]{2,}\b`)},
	{"a path of one machine", regexp.MustCompile(`(?m)(^|[\s=:(])["'\x60]?/(root|home/[a-z]\w*|Users/\w+|work|workspace|builds?)/[\w.]`)},
}

// textRules returns every breach of the rules for any file.
func textRules(file string, content []byte) []string {
	var breaches []string
	for _, p := range private {
		if found := p.pattern.Find(content); found != nil {
			line := 1 + bytes.Count(content[:p.pattern.FindIndex(content)[0]], []byte("\n"))
			breaches = append(breaches, fmt.Sprintf("%s:%d: %q looks like %s", file, line, bytes.TrimSpace(found), p.what))
		}
	}
	return breaches
}

// tracked returns the files of the repository by name: what git knows, or, in
// an unpacked archive, what is there.
func tracked(t *testing.T) map[string][]byte {
	t.Helper()
	var names []string
	command := exec.Command("git", "ls-files", "-z")
	command.Dir = root
	if out, err := command.Output(); err == nil {
		names = strings.Split(strings.Trim(string(out), "\x00"), "\x00")
	} else {
		names = present(t)
	}
	files := map[string][]byte{}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // removed, but not yet committed
		}
		files[name] = content
	}
	return files
}

func present(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == ".git" || name == "bin" {
				return filepath.SkipDir
			}
			return nil
		}
		names = append(names, filepath.ToSlash(name))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestTextRules(t *testing.T) {
	t.Parallel()
	files := tracked(t)
	if len(files) < 50 {
		t.Fatalf("%d files only", len(files))
	}
	for file, content := range files {
		for _, breach := range textRules(file, content) {
			t.Error(breach)
		}
	}
}

func TestTextRulesFindBreaches(t *testing.T) {
	t.Parallel()
	// Put together here, so that this file does not break the rule itself.
	host := func(parts ...string) string { return strings.Join(parts, ".") }
	for _, bad := range []string{
		"GOPROXY=https://" + host("proxy", "example", "org"),
		"npm --registry http://" + host("registry", "npm", "example", "com") + "/",
		"deb http://" + host("deb", "example", "org") + "/debian sid main",
		"see " + host("artifactory", "example"),
		"cache in " + "/" + "root/.cache/x",
		`cache="` + "/" + `root/.cache"`,
		"DIR=" + "/" + "home/anna/x",
		"\n" + "/" + "work/thing",
	} {
		if got := textRules("x", []byte(bad)); len(got) != 1 {
			t.Errorf("%q: %q, want one breach", bad, got)
		}
	}
	for _, good := range []string{
		"github.com/example/registry", "~/.cache/tandem", "docs/work/flow.md", "https://pkg.go.dev/x", "/usr/share/mysql",
		"the mirror that apt uses", "golang.org/x/text", "a/root/b", "${HOME}/work/x", "host: db.example.internal", `"$dest"/root/usr`,
	} {
		if got := textRules("x", []byte(good)); len(got) != 0 {
			t.Errorf("%q: %q, want none", good, got)
		}
	}
}
