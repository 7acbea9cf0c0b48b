package journal

import (
	"context"
	"fmt"
)

// Store is one copy of the journal.
type Store interface {
	// Append adds an entry, durably. It is an error if the entry does not follow
	// the copy's last one; adding that last one again is not, so that an append
	// whose answer was lost can be repeated.
	Append(ctx context.Context, e Entry) error
	// Read returns the copy, verified. With a *[BrokenError] the chain holds what
	// comes before the first bad line.
	Read(ctx context.Context) (Chain, error)
}

// OutOfStepError says that an entry does not follow what a copy has.
type OutOfStepError struct {
	Copy string
	Has  uint64 // the number of the copy's last entry
	Want uint64 // the number of the entry that was to be added
	Fork bool   // the copy has another entry in its place
}

// Error implements error.
func (e *OutOfStepError) Error() string {
	if e.Fork {
		return fmt.Sprintf("append to the journal in %s: another runner has written entry %d there", e.Copy, e.Want)
	}
	return fmt.Sprintf("append to the journal in %s: it ends with entry %d, so %d can not follow", e.Copy, e.Has, e.Want)
}

// place decides what an append comes to, by the last entry a copy has and the
// entry that it has under the number of e, if any.
func place(name string, last Entry, same *Entry, e Entry) (already bool, err error) {
	switch {
	case same != nil && same.Hash == e.Hash:
		return true, nil
	case same != nil:
		return false, &OutOfStepError{Copy: name, Has: last.Seq, Want: e.Seq, Fork: true}
	case e.Seq != last.Seq+1:
		return false, &OutOfStepError{Copy: name, Has: last.Seq, Want: e.Seq}
	case e.follows(last) != nil:
		return false, &OutOfStepError{Copy: name, Has: last.Seq, Want: e.Seq, Fork: true}
	}
	return false, nil
}
