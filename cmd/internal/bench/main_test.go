package bench

import (
	"os"
	"path/filepath"
	"testing"

	"tandem/cmd/internal/cli"
)

// TestMain makes the test binary be tandem when it is called by that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "tandem" {
		os.Exit(cli.Main(cli.Process{
			Args: os.Args[1:], Env: os.Getenv, LookupEnv: os.LookupEnv,
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		}))
	}
	os.Exit(m.Run())
}

// tandemProgram is a link to the test binary by which it is tandem.
func tandemProgram(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "tandem")
	if err := os.Symlink(self, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	return link
}
