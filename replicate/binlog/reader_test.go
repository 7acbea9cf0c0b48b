package binlog

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox"
)

func TestReaderReturnsTransactionsInOrder(t *testing.T) {
	t.Parallel()
	for _, version := range []sandbox.Version{sandbox.Any, sandbox.V56} {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			h := shared(t, version)
			h.exec("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(20))",
				"CREATE TABLE other (id INT PRIMARY KEY)")
			s := h.open()
			h.exec("INSERT INTO a VALUES (1,'one'),(2,NULL),(3,'')")
			h.exec("INSERT INTO other VALUES (1)")
			h.session("BEGIN", "UPDATE a SET v='uno' WHERE id=1", "INSERT INTO other VALUES (2)", "DELETE FROM a WHERE id=2", "COMMIT")
			got := s.drain()
			if len(got) != 2 {
				t.Fatalf("got %d transactions, want 2", len(got))
			}
			want := []string{"insert a →1,one", "insert a →2,∅", "insert a →3,"}
			if d := cmp.Diff(want, brief(got[0].Rows)); d != "" {
				t.Error(d)
			}
			want = []string{"update a 1,one→1,uno", "delete a 2,∅→"}
			if d := cmp.Diff(want, brief(got[1].Rows)); d != "" {
				t.Error(d)
			}
			if got[1].Skipped != 1 || !got[1].First || !got[1].Last || got[1].GTID.IsZero() || got[1].Committed.IsZero() {
				t.Errorf("transaction %+v", got[1])
			}
			if got[0].End.Compare(got[1].End) >= 0 {
				t.Errorf("offsets %v, %v do not grow", got[0].End, got[1].End)
			}
		})
	}
}
