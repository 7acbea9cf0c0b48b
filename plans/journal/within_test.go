package journal

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

type openTx struct{ *sql.Tx }

func (t openTx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.ExecContext(ctx, query, args...)
}

// TestWithin: what was held is in a database with the transaction it tells of, or
// not at all; and in the other copies with the next entry.
func TestWithin(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	db := sandboxtest.DB(t, pair.Source, sandbox.UserTandem, "")
	table := NewTable(db, "the source", pair.Database+"within")
	file := NewFile(filepath.Join(t.TempDir(), "journal"))
	ctx := t.Context()
	if err := table.Create(ctx); err != nil {
		t.Fatal(err)
	}
	j, _, err := Open(ctx, slog.New(slog.DiscardHandler), time.Now, Named{"the source", table}, Named{"here", file})
	if err != nil {
		t.Fatal(err)
	}
	note(t, j, "one")
	for _, step := range []string{"two", "three"} {
		if _, err := j.Hold(Event{Run: "r", Kind: Note, Step: step}); err != nil {
			t.Fatal(err)
		}
	}
	has := func(what string, wantTable, wantFile []string) {
		t.Helper()
		for _, c := range []struct {
			store Store
			want  []string
		}{{table, wantTable}, {file, wantFile}} {
			chain, err := c.store.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, stepsOf(chain)); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
	}
	for _, commit := range []bool{false, true} {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		done, err := j.Within(ctx, "the source", openTx{tx})
		if err != nil {
			t.Fatal(err)
		}
		if !commit {
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
			has("rolled back", []string{"one"}, []string{"one"})
			continue
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		done()
		has("committed", []string{"one", "two", "three"}, []string{"one"})
	}
	note(t, j, "four")
	all := []string{"one", "two", "three", "four"}
	has("afterwards", all, all)
	if _, err := j.Within(ctx, "nowhere", nil); err == nil {
		t.Error("a copy that there is not")
	}
}
