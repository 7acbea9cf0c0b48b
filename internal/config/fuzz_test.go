package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse feeds the parser with anything: it must answer with a
// configuration or with problems, and never repeat the password.
func FuzzParse(f *testing.F) {
	for _, glob := range []string{"testdata/ok/*.yaml", "testdata/bad/*.yaml"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data), "courier")
		}
	}
	f.Add(layered, "courier.*,x.y")
	f.Add("source: {password: [hunter2]}\ntarget: {password: !!binary x}\n? [a]\n: b\n", "")
	f.Fuzz(func(t *testing.T, text, value string) {
		if strings.Contains(value, "\x00") {
			return
		}
		env := func(name string) string {
			if name == "TANDEM_TABLES_EXCLUDE" || name == "TANDEM_SOURCE_DSN" {
				return value
			}
			return ""
		}
		cfg, err := Parse("tandem.yaml", []byte(text), env, Overrides{{Path: "target.host", Text: value, Flag: "--set target.host"}})
		var problems *Problems
		switch {
		case err == nil:
			if len(cfg.Values()) == 0 {
				t.Error("a configuration without values")
			}
			cfg.Tables.Filter().Match(value, text)
		case !errors.As(err, &problems):
			t.Errorf("error is %T: %v", err, err)
		default:
			for _, p := range problems.List {
				if p.Message == "" {
					t.Errorf("a problem without a message: %+v", p)
				}
			}
		}
	})
}
