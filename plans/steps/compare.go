package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// compare proves within the pause that both sides are equal: after a full
// comparison only rows that were touched since can differ. Where the stage has
// no parity gate there is nothing to start from, and nothing is compared.
type compare struct{ verdict runner.Verdict }

func newCompare(plans.Step) runner.Action { return &compare{} }

func wanted(r *runner.Run) bool { return r.Terms.Gates != nil && r.Terms.Gates.Parity != nil }

// Early implements [runner.Early].
func (c *compare) Early(ctx context.Context, r *runner.Run) (err error) {
	if wanted(r) {
		r.Pause.Comparison, err = r.Parity.Open(ctx, r.Groups)
	}
	return err
}

// Apply implements [runner.Action].
func (c *compare) Apply(ctx context.Context, r *runner.Run) (err error) {
	if !wanted(r) {
		return nil
	}
	if c.verdict, err = r.Pause.Comparison.Compare(ctx); err != nil {
		return err
	}
	if !c.verdict.Equal {
		return fmt.Errorf("the sides are not known to be equal: %s", strings.Join(c.verdict.Problems, "; "))
	}
	return nil
}

// Confirm implements [runner.Action].
func (c *compare) Confirm(_ context.Context, r *runner.Run) (journal.Data, error) {
	if !wanted(r) {
		if r.To() == ownership.Source {
			return journal.Data{"says": "not compared: nothing may hold up the way back; tandem verify compares"}, nil
		}
		return journal.Data{"says": "not compared: the stage has no parity gate"}, nil
	}
	if !c.verdict.Equal {
		return nil, errors.New("nothing was compared")
	}
	says := fmt.Sprintf("%d rows that were touched are equal", c.verdict.Rows)
	if left := c.verdict.LeftOut; len(left) > 0 {
		says += fmt.Sprintf("; large and without a key, compared before the pause only: %s", strings.Join(left, ", "))
	}
	data := journal.Data{"rows": c.verdict.Rows, "says": says}
	for name, value := range c.verdict.Data {
		data[name] = value
	}
	return data, nil
}

// Undo implements [runner.Action].
func (c *compare) Undo(context.Context, *runner.Run) error { return nil }
