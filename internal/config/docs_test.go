package config

import (
	"os"
	"strings"
	"testing"
)

// TestEveryKeyIsDocumented looks for each key in docs/configuration.md.
func TestEveryKeyIsDocumented(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(data)
	for _, l := range leaves() {
		path := l.path
		// Endpoints share their keys.
		for _, endpoint := range []string{"source.read_from.", "source.", "target."} {
			path = strings.TrimPrefix(path, endpoint)
		}
		wanted := "`" + path + "`"
		if key, under := strings.CutPrefix(path, "password."); under {
			wanted = "`password: {" + key + ":"
		}
		if !strings.Contains(docs, wanted) {
			t.Errorf("%s is not documented as %s", l.path, wanted)
		}
	}
	for _, key := range []string{"app_config[].source", "app_config[].target", "app_config[].format", "app_config[].expect", "groups"} {
		if !strings.Contains(docs, "`"+key+"`") {
			t.Errorf("%s is not documented", key)
		}
	}
}

// TestDocumentedExampleLoads reads the example at the top of the document.
func TestDocumentedExampleLoads(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("there is no example")
	}
	if _, err := Parse("tandem.yaml", []byte(example), noEnv, nil); err != nil {
		t.Error(err)
	}
}
