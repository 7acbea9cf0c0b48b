package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary the program itself when it is called as
// tandem, and puts it on PATH under that name. Scripts and acceptance tests run
// it like any other command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tandem": main})
}

// TestScripts runs the terminal sessions under testdata/script.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			return withSandbox(env)
		},
		Condition: func(name string) (bool, error) {
			if name != "mysql" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return haveMySQL(t), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "sql": runSQL, "sqlfile": runSQLFile},
	})
}
