package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProviders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) Path {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return Path(file)
	}
	lookup := func(name string) (string, bool) {
		values := map[string]string{"PW": "from env ", "EMPTY": ""}
		v, ok := values[name]
		return v, ok
	}
	for name, c := range map[string]struct {
		password Password
		want     string
		err      string
	}{
		"none":             {Password{}, "", ""},
		"env":              {Password{Env: "PW"}, "from env ", ""},
		"env empty":        {Password{Env: "EMPTY"}, "", ""},
		"env not set":      {Password{Env: "NOPE"}, "", "source.password: the environment variable NOPE is not set"},
		"file":             {Password{File: write("a", "from file\n")}, "from file", ""},
		"file with blanks": {Password{File: write("b", " x \r\n")}, " x ", ""},
		"file empty":       {Password{File: write("c", "\n")}, "", "is empty"},
		"file of lines":    {Password{File: write("d", "hunter2\nhunter2\n")}, "", "has more than one line"},
		"file not there":   {Password{File: Path(filepath.Join(dir, "nope"))}, "", "no such file"},
		"command":          {Password{Command: []string{"printf", `%s\n`, "from command"}}, "from command", ""},
		"command fails":    {Password{Command: []string{"sh", "-c", "echo hunter2; echo locked >&2; exit 3"}}, "", "source.password: run sh: exit status 3: locked"},
		"command not there": {Password{Command: []string{"tandem-no-such-program"}}, "",
			"source.password: run tandem-no-such-program"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.password.key = "source.password"
			got, err := c.password.Provider(Means{Lookup: lookup}).Password(t.Context())
			if c.err == "" && (err != nil || got.Reveal() != c.want) {
				t.Errorf("got %q, %v; want %q", got.Reveal(), err, c.want)
			}
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error is %v, want %q", err, c.err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}

func TestProvidersAreAskedAgain(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pw")
	p := Password{File: Path(file)}.Provider(Means{Lookup: os.LookupEnv})
	for _, want := range []string{"first", "rotated"} {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := p.Password(t.Context()); err != nil || got.Reveal() != want {
			t.Errorf("got %q, %v; want %q", got.Reveal(), err, want)
		}
	}
}

func TestCommandEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, err := Password{Command: []string{"sleep", "60"}}.Provider(Means{Lookup: os.LookupEnv}).Password(ctx)
	if err == nil {
		t.Error("no error")
	}
}
