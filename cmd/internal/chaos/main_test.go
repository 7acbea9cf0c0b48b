package chaos

import (
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
	// Servers are killed here all the time; the driver need not tell.
	_ = mysql.SetLogger(&mysql.NopLogger{}) // fails for nil only
	os.Exit(m.Run())
}

// onlyInChaos skips a test unless make chaos runs it: they take many minutes, and
// what they draw at random differs from run to run, which an ordinary test's must
// not.
func onlyInChaos(t *testing.T) {
	t.Helper()
	if os.Getenv("CHAOS_TIME") == "" && os.Getenv("SEED") == "" {
		t.Skip("skipped: make chaos runs it")
	}
}
