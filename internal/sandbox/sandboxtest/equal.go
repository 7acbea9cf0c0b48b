package sandboxtest

import (
	"testing"

	"tandem/internal/sandbox"
)

// RequireEqual compares databases on both servers of a pair with the
// independent comparison, and fails the test with what differs. With no
// databases given it compares all.
func RequireEqual(t testing.TB, pair *sandbox.Pair, databases ...string) sandbox.Verdict {
	t.Helper()
	verdict, err := sandbox.Compare(t.Context(), pair.Source, pair.Target, databases)
	if err != nil {
		t.Fatal(err)
	}
	if !verdict.Equal {
		t.Fatalf("source and target differ: %s", verdict)
	}
	return verdict
}

// RequireEqual compares this test's database on both servers.
func (p *SharedPair) RequireEqual(t testing.TB) sandbox.Verdict {
	t.Helper()
	return RequireEqual(t, p.Pair, p.Database)
}
