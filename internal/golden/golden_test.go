package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// said is a test that only remembers what it is told.
type said struct {
	testing.TB
	errors []string
}

func (*said) Helper() {}
func (s *said) Errorf(format string, a ...any) {
	s.errors = append(s.errors, fmt.Sprintf(format, a...))
}

func TestEqual(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.want")
	t.Setenv(Variable, "1")
	Equal(t, file, "one\n")
	t.Setenv(Variable, "")
	Equal(t, file, "one\n")
	other := &said{TB: t}
	Equal(other, file, "two\n")
	if len(other.errors) != 1 {
		t.Errorf("another text is taken for the same: %q", other.errors)
	}
	if held, err := os.ReadFile(file); string(held) != "one\n" || err != nil {
		t.Errorf("the file was changed unasked: %q, %v", held, err)
	}
}
