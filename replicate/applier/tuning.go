package applier

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Tuning is for tests and benchmarks: limits that nobody else has a reason to
// change, and mistakes made on purpose. A suite that still passes with a mistake
// made is not worth running.
type Tuning struct {
	// Limits of a window; 0 means the usual one.
	WindowTransactions int `json:"window_transactions,omitempty"`
	WindowRows         int `json:"window_rows,omitempty"`
	WindowBytes        int `json:"window_bytes,omitempty"`

	Mistake Mistake `json:"mistake,omitempty"`
}

// Mistake is one made on purpose.
type Mistake string

// The mistakes.
const (
	// CheckpointApart moves the checkpoint after the commit instead of within it:
	// exactly once becomes at least once.
	CheckpointApart Mistake = "checkpoint apart"
	// KeysIgnored takes changes of one row, and of rows that meet on a unique
	// key, for independent ones.
	KeysIgnored Mistake = "keys ignored"
)

func (t Tuning) transactions() int { return cmp.Or(t.WindowTransactions, windowTransactions) }
func (t Tuning) rows() int         { return cmp.Or(t.WindowRows, windowRows) }
func (t Tuning) bytes() int        { return cmp.Or(t.WindowBytes, windowBytes) }

// apart tells whether the checkpoint is moved after the commit.
func (a *Applier) apart() bool { return a.cfg.Tuning.Mistake == CheckpointApart }

// within is the step that a transaction begins with: s, or under the mistake one
// that goes nowhere and is only the mark of origin.
func (a *Applier) within(s step) step {
	if a.apart() {
		s = a.step()
		s.seq, s.committed = a.seq, time.Now() // without a change there would be no mark
	}
	return s
}

// stepApart makes the mistake.
func (a *Applier) stepApart(ctx context.Context, lane int, s step) error {
	if !a.apart() {
		return nil
	}
	if _, err := a.lanes[lane].conn.Exec(ctx, a.appendStep(nil, lane, s)); err != nil {
		return fmt.Errorf("save checkpoint of link %s: %w", a.cfg.Link, err)
	}
	return nil
}
