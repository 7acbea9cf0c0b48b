package iam

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sources are the files of a package, without its tests.
func sources(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	must(t, err)
	var b strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			text, err := os.ReadFile(f)
			must(t, err)
			b.Write(text)
		}
	}
	return b.String()
}

var (
	sdkCall   = regexp.MustCompile(`\.([A-Z]\w+)\(ctx, &(rds|route53|s3|secretsmanager)\.\w+Input\{`)
	sdkInput  = regexp.MustCompile(`&?(rds|route53|s3|secretsmanager)\.(\w+)Input\b`)
	sdkPager  = regexp.MustCompile(`(rds|route53|s3|secretsmanager)\.New(\w+)Paginator\(`)
	gcpNeeded = regexp.MustCompile(`"((?:cloudsql|dns|storage|secretmanager)(?:\.[a-zA-Z]+){2,})"`)
)

// TestEveryCallIsDriven looks for calls in the source that the other tests do not
// make: a permission for them would be one too few.
func TestEveryCallIsDriven(t *testing.T) {
	t.Parallel()
	text := sources(t, "../../internal/aws")
	inSource := set{}
	add := func(service, operation string) {
		if operation == "HeadObject" {
			operation = "GetObject" // its permission is called so
		}
		inSource[service+":"+operation] = true
	}
	for _, m := range sdkCall.FindAllStringSubmatch(text, -1) {
		add(m[2], m[1])
	}
	for _, m := range sdkInput.FindAllStringSubmatch(text, -1) {
		add(m[1], m[2])
	}
	for _, m := range sdkPager.FindAllStringSubmatch(text, -1) {
		add(m[1], m[2])
	}
	// What no call is named after: tags that are given with a call, and connecting.
	inSource["rds:AddTagsToResource"], inSource["rds-db:connect"] = true, true
	documented := set{}
	for _, actions := range statements(t) {
		for a := range actions {
			documented[a] = true
		}
	}
	if d := cmp.Diff(inSource.sorted(), documented.sorted()); d != "" {
		t.Errorf("in the source of internal/aws (-), and in the policy (+):\n%s", d)
	}

	known := set{}
	for _, permissions := range gcpFiles(t) {
		for p := range permissions {
			known[p] = true
		}
	}
	for _, m := range gcpNeeded.FindAllStringSubmatch(sources(t, "../../internal/gcp"), -1) {
		if !known[m[1]] {
			t.Errorf("internal/gcp speaks of %s, which no role has", m[1])
		}
	}
}
