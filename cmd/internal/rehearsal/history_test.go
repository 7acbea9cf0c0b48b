package rehearsal

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if h, err := Read(dir, "d"); err != nil || len(h.Past) != 0 {
		t.Fatalf("%+v, %v", h, err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var want []Past
	for n := range keep + 2 {
		p := Past{At: at.Add(time.Duration(n) * time.Hour), Rounds: n, Stages: []StagePast{{Stage: "a", Pause: Quantiles{1, 2, 3}}}}
		if err := Add(dir, "d", "plan", p); err != nil {
			t.Fatal(err)
		}
		want = append(want, p)
	}
	h, err := Read(dir, "d")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(History{Version: 1, Digest: "d", Plan: "plan", Past: want[2:]}, h); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if h, err := Read(dir, "another"); err != nil || len(h.Past) != 0 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestHistoryOnASide(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	db := sandboxtest.DB(t, pair.Target, sandbox.UserTandem, "")
	for range 2 {
		if err := AddTo(t.Context(), db, pair.Database, "0123", "plan", "me", Past{At: time.Now(), Rounds: 3}); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM _tandem.rehearsal WHERE migration = ? AND digest = '0123' AND result LIKE '%\"rounds\":3%'", pair.Database).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rehearsals are kept, %v", n, err)
	}
}
