package chaos

import (
	"os"
	"testing"
)

// programVariable makes this binary the program.
const programVariable = "TANDEM_CHAOS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(program())
	}
	os.Exit(m.Run())
}
