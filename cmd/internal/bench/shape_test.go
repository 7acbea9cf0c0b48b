package bench

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two writers with the same seed write the same: every run drains the same load.
func TestWriterIsDeterministic(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		a, b := newWriter(s, 7, 2, 8, 20_000), newWriter(s, 7, 2, 8, 20_000)
		for n := range 50 {
			if diff := cmp.Diff(a.transaction(), b.transaction()); diff != "" {
				t.Fatalf("%s: transaction %d: %s", s.name, n, diff)
			}
		}
	}
}

// The mix is what the report says it is.
func TestWriterMix(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		w := newWriter(s, 1, 0, 8, 20_000)
		verbs, tables := map[string]int{}, map[string]bool{}
		const transactions = 2000
		statements, five, hot := 0, 0, 0
		for range transactions {
			transaction := w.transaction()
			statements += len(transaction)
			switch len(transaction) {
			case 1:
			case 5:
				five++
			default:
				t.Fatalf("%s: a transaction of %d statements", s.name, len(transaction))
			}
			for _, statement := range transaction {
				if isHot(statement) {
					hot++
					continue
				}
				verb, _, _ := strings.Cut(statement, " ")
				verbs[verb]++
				_, name, _ := strings.Cut(statement, "bench.")
				tables[name[:2]] = true
			}
		}
		between := func(what string, got, whole int, low, high float64) {
			t.Helper()
			if share := float64(got) / float64(whole); share < low || share > high {
				t.Errorf("%s: %s: %.3f, want %g to %g", s.name, what, share, low, high)
			}
		}
		cold := statements - hot
		between("updates", verbs["UPDATE"], cold, 0.55, 0.65)
		between("inserts", verbs["INSERT"], cold, 0.20, 0.30)
		between("deletes", verbs["DELETE"], cold, 0.10, 0.20)
		if s.block == 0 {
			between("transactions of five", five, transactions, 0.07, 0.13)
		}
		if s.hot {
			between("hot transactions", hot, transactions, 0.45, 0.55)
		} else if hot > 0 {
			t.Errorf("%s: %d hot statements", s.name, hot)
		}
		if len(tables) != s.tables {
			t.Errorf("%s: %d tables are written to, want %d", s.name, len(tables), s.tables)
		}
		if unit := int64(max(s.block, 1)); w.rows != int64(cold)*unit+int64(hot) {
			t.Errorf("%s: %d rows in %d statements", s.name, w.rows, statements)
		}
	}
}

func isHot(statement string) bool {
	_, id, _ := strings.Cut(statement, "WHERE id = ")
	return id == "0" || strings.HasPrefix(id, "-")
}

// Writers never touch each other's rows, and none that are not there: else some
// statements would change nothing, and the load would not be what it seems.
func TestWritersShareNoRows(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		owner := make([]map[int64]int, s.tables)
		for table := range owner {
			owner[table] = map[int64]int{}
		}
		const writers, rows = 3, 9000
		for n := range writers {
			w := newWriter(s, 1, n, writers, rows)
			for range 500 {
				w.transaction()
			}
			for table, live := range w.live {
				for _, id := range append(live, w.next[table]) {
					if other, taken := owner[table][id]; taken {
						t.Fatalf("%s: row %d of table %d belongs to writers %d and %d", s.name, id, table, other, n)
					}
					owner[table][id] = n
				}
			}
		}
	}
}
