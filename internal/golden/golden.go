// Package golden compares what a test got with a file under testdata. To write
// the files anew, and to look at what has changed with git diff afterwards:
//
//	TANDEM_WRITE_GOLDEN=1 go test ./...
package golden

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Variable has the files written anew when it is set.
const Variable = "TANDEM_WRITE_GOLDEN"

// Equal fails the test where the text is not what the file holds.
func Equal(t testing.TB, file, got string) {
	t.Helper()
	if os.Getenv(Variable) != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want +got\n%s", file, diff)
	}
}
