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
