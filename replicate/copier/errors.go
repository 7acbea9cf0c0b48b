package copier

import (
	"errors"
	"fmt"

	"tandem/internal/schema"
)

// ErrFenced is returned when another replicator has taken the link over.
var ErrFenced = errors.New("another replicator has taken over this link")

// NotEmptyError says that a table of the target holds rows although its copy
// has never begun.
type NotEmptyError struct {
	Table schema.Name
	// Key is one row's key, as text.
	Key string
}

// Error says what was found and what to do.
func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("copy %s: the target's table already has rows (such as %s)", e.Table, e.Key)
}

// Hint says what to do about it.
func (e *NotEmptyError) Hint() string {
	return fmt.Sprintf("empty or drop %s on the target, or leave it out of the replicated tables", e.Table.Quoted())
}

// IndexError says that the target could not make an index of a table whose rows
// are copied.
type IndexError struct {
	Table     schema.Name
	Statement string
	Err       error
}

// Error names the statement.
func (e *IndexError) Error() string { return fmt.Sprintf("%.500s: %v", e.Statement, e.Err) }

// Unwrap returns the server's error.
func (e *IndexError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *IndexError) Hint() string {
	return "make the index on the target by hand, under the same name, or remove what is in its way (room for sorting?), " +
		"and run the command again: it goes on from there"
}

// ValueError says that the target did not take a row as it is.
type ValueError struct {
	Table schema.Name
	Key   string
	// Warning is what the target said about it.
	Warning string
}

// Error names the row.
func (e *ValueError) Error() string {
	return fmt.Sprintf("copy %s: the target does not take row %s as it is: %s", e.Table, e.Key, e.Warning)
}
