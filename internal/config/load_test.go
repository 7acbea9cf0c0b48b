package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tandem/internal/golden"
)

func noEnv(string) string { return "" }

// TestBadFiles compares every message for the files under testdata/bad with
// the file of the same name that ends with .want.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("tandem.yaml", data, noEnv, nil)
			var problems *Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error is %v, want *Problems", err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is shown:\n%v", err)
			}
			golden.Equal(t, strings.TrimSuffix(file, ".yaml")+".want", err.Error()+"\n")
		})
	}
}

func TestOKFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/ok/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no good files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			if _, err := Load(file, noEnv, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestManyMistakes(t *testing.T) {
	t.Parallel()
	_, err := Parse("x", []byte(strings.Repeat("k: v\n", 1000)), noEnv, nil)
	var problems *Problems
	if !errors.As(err, &problems) || len(problems.List) != maxProblems+1 {
		t.Fatalf("error is %v", err)
	}
	if last := problems.List[maxProblems].String(); !strings.Contains(last, "mistakes more") {
		t.Errorf("the last one is %s", last)
	}
}
