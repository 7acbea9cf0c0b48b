package clouds

import (
	"os"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"

	"tandem/cmd/internal/cli"
)

// programVariable makes this binary the program.
const programVariable = "TANDEM_CLOUDS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		go dieWithParent()
		os.Exit(cli.Main(cli.Process{
			Args: os.Args[1:], Env: os.Getenv, LookupEnv: os.LookupEnv,
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		}))
	}
	// Servers are stopped here; the driver need not tell.
	_ = mysql.SetLogger(&mysql.NopLogger{}) // fails for nil only
	os.Exit(m.Run())
}

// dieWithParent ends the program when the pipe that the tests hold open closes.
func dieWithParent() {
	_, _ = os.NewFile(3, "parent").Read(make([]byte, 1)) // nothing is ever sent
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)       // one's own process is there
}
