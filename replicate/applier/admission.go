package applier

import (
	"context"

	"tandem/internal/change"
)

// Decision says how one image of a change meets the target.
type Decision uint8

// The decisions.
const (
	// Assert: the row must be there (or not be there) as the change says.
	Assert Decision = iota
	// Forgive: the row may be there or not, and is as the change says after.
	Forgive
	// LeaveOut: the row's chunk is not begun; its SELECT will bring the change.
	LeaveOut
)

// Admitted is the decision on one row change: on the row that its before-image
// names and on the one that its after-image names. They differ only where an
// update moves a row to another key.
type Admitted struct{ Before, After Decision }

// Admission decides on the changes of tables that are being copied.
type Admission interface {
	// Active tells whether a table is still being copied. Once it has said no it
	// never says yes again.
	Active() bool
	// Begin decides on every row of the first n of the transactions, one after
	// the other, n being at least one: those before one that has to wait, for a
	// row of it is in a chunk that is being written. It waits only for the first.
	// From then until End no chunk changes its state. A nil result means that
	// every change is asserted. For a statement it waits for the tables that it
	// changes.
	Begin(ctx context.Context, txs []*change.Transaction) (ads []Admitted, n int, err error)
	// End tells that what was begun is committed, or rolled back.
	End(txs []*change.Transaction, committed bool)
	// Moved tells that everything before that offset is applied.
	Moved(to change.Offset)
}

// assertAll is the Admission of a link that has nothing to copy.
type assertAll struct{}

func (assertAll) Active() bool { return false }
func (assertAll) Begin(_ context.Context, txs []*change.Transaction) ([]Admitted, int, error) {
	return nil, len(txs), nil
}
func (assertAll) End([]*change.Transaction, bool) {}
func (assertAll) Moved(change.Offset)             {}
