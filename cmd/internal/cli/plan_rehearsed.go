package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tandem/internal/mysqldb"
	"tandem/plans"
)

// Rehearsals knows which plans were rehearsed.
type Rehearsals interface {
	// Rehearsed tells whether the plan of that digest was, to the end.
	Rehearsed(ctx context.Context, digest string) (bool, error)
}

// notRehearsedError refuses a plan that nobody has tried.
type notRehearsedError struct{ digest string }

func (e *notRehearsedError) Error() string {
	return fmt.Sprintf("this plan (digest %s) was not rehearsed", e.digest[:12])
}

// Hint says what to type next.
func (e *notRehearsedError) Hint() string {
	return "tandem rehearse runs it against throwaway servers\n--unrehearsed goes on without"
}

func (w *planWork) rehearsed(ctx context.Context, d plans.Digest, o planRunOptions) error {
	if o.unrehearsed || o.dryRun {
		return nil
	}
	done, err := w.Rehearsed(ctx, d.Sum)
	if err != nil {
		return err
	}
	if !done {
		return &notRehearsedError{d.Sum}
	}
	return nil
}

// Rehearsed implements [Rehearsals]: a file of that name beside the journal, or a
// row of _tandem.rehearsal on either side.
func (w *planWork) Rehearsed(ctx context.Context, digest string) (bool, error) {
	if exists(filepath.Join(rehearsalsDir(w.cfg.File()), digest+".json")) {
		return true, nil
	}
	for side, d := range w.sides {
		var one int
		err := d.DB.QueryRowContext(ctx, `SELECT 1 FROM _tandem.rehearsal WHERE digest = ? LIMIT 1`, digest).Scan(&one)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, sql.ErrNoRows), mysqldb.IsNoSuchTable(err), errors.Is(err, os.ErrNotExist):
		default:
			return false, fmt.Errorf("look for rehearsals on the %s: %w", side, err)
		}
	}
	return false, nil
}

// rehearsalsDir is where the history of rehearsals is kept on this machine.
func rehearsalsDir(configFile string) string {
	return filepath.Join(filepath.Dir(configFile), ".tandem", "rehearsals")
}
