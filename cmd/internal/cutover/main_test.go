package cutover

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tandem/cmd/internal/cli"
	"tandem/plans/runner"
)

// programVariable makes this binary the program.
const programVariable = "TANDEM_CUTOVER_PROGRAM"

// knobs are what a life of the program has that a user can not set.
type knobs struct {
	// Point is where Do happens: kill, stop, stop-other, which stops the process
	// Other, or wait, which makes a file and waits until it is gone.
	Point, Do string
	Other     int
	// Patience is how long a side whose answer decides is asked again.
	Patience time.Duration
}

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(program())
	}
	// Servers are killed here; the driver need not tell.
	_ = mysql.SetLogger(&mysql.NopLogger{}) // fails for nil only
	os.Exit(m.Run())
}

// program is tandem's main function, with the knobs turned.
func program() int {
	var k knobs
	if err := json.Unmarshal([]byte(os.Getenv(programVariable)), &k); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", programVariable, err)
		return 2
	}
	go dieWithParent()
	return cli.Main(cli.Process{
		Args: os.Args[1:], Env: os.Getenv, LookupEnv: os.LookupEnv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		TuneRun: func(c *runner.Config) {
			c.Patience, c.Hook = k.Patience, k.reached
		},
	})
}

// dieWithParent ends the program when the pipe that the tests hold open closes.
func dieWithParent() {
	_, _ = os.NewFile(3, "parent").Read(make([]byte, 1)) // nothing is ever sent
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)       // one's own process is there
}

// reachedFile is there while the program waits, and once it stops.
const reachedFile = "reached"

func (k knobs) reached(point string) {
	if k.Point != point {
		return
	}
	switch k.Do {
	case "stop":
		_ = os.WriteFile(reachedFile, nil, 0o600)      // the test would wait in vain
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // one's own process is there
	case "wait":
		_ = os.WriteFile(reachedFile, nil, 0o600) // the test would wait in vain
		for {
			if _, err := os.Stat(reachedFile); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	case "stop-other":
		_ = syscall.Kill(k.Other, syscall.SIGSTOP) // a child of the test's
	default:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // as above
		select {}                                      // it comes at once, but not before the next line
	}
}
