package chaos

import (
	"fmt"
	"os"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// programVariable makes this binary the program.
const programVariable = "TANDEM_CHAOS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(program())
	}
	if os.Getenv("CHAOS_TIME") == "" && os.Getenv("SEED") == "" {
		// They take many minutes, and what they draw at random differs from run to
		// run: an ordinary test must not.
		fmt.Println("the tests of this package are skipped: make chaos runs them")
		os.Exit(0)
	}
	// Servers are killed here all the time; the driver need not tell.
	_ = mysql.SetLogger(&mysql.NopLogger{}) // fails for nil only
	os.Exit(m.Run())
}
