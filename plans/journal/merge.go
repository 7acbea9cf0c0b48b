package journal

import (
	"errors"
	"fmt"
	"strings"
)

// Copy is what one store answered when it was read.
type Copy struct {
	Name  string
	Chain Chain
	Err   error // of [Store.Read]
}

// Merged is what several copies come to.
type Merged struct {
	Chain Chain
	// From is the copy that the chain was taken from; empty if none has any.
	From string
	// Behind are the copies that lack entries, and how many they have.
	Behind map[string]int
	// Torn are the copies whose last line was cut off.
	Torn map[string]Torn
	// Unread are the copies that could not be read, or are broken.
	Unread map[string]error
}

// ForkError says that two copies have gone different ways: two runners were at
// work, each with its own.
type ForkError struct {
	Seq  uint64   // the first entry that differs
	A, B string   // the copies
	At   [2]Entry // what each has there
	Head [2]Entry // the last entry of each
}

// Error implements error.
func (e *ForkError) Error() string {
	return fmt.Sprintf("the journal in %s and the one in %s differ from entry %d on: %s ends with %s, %s with %s",
		e.A, e.B, e.Seq, e.A, head(e.Head[0]), e.B, head(e.Head[1]))
}

// Hint says what to type next.
func (e *ForkError) Hint() string {
	return "two runners were at work; tandem plan repair looks at both databases and says what is true"
}

func head(e Entry) string {
	text := fmt.Sprintf("%d (%s", e.Seq, e.Kind)
	if e.Step != "" {
		text += " " + e.Step
	}
	return fmt.Sprintf("%s, run %s, %s)", text, e.Run, e.Hash[:12])
}

// LostError says that entries are known to have been, and no copy has them.
type LostError struct {
	Copy  string
	Has   int // entries of the longest whole chain
	Lines int // lines of the broken copy
	Err   error
}

// Error implements error.
func (e *LostError) Error() string {
	return fmt.Sprintf("the journal in %s has %d lines but is broken, and no other copy has more than %d: %v", e.Copy, e.Lines, e.Has, e.Err)
}

// Unwrap returns what is broken.
func (e *LostError) Unwrap() error { return e.Err }

// ErrNoCopy says that no copy could be read.
var ErrNoCopy = errors.New("no copy of the journal could be read")

// Merge takes the longest chain of which all others are the beginning. Any one
// copy is enough. A fork is a *[ForkError]. A broken copy counts up to its first
// bad line, and only if another one is at least as long as it was: else it is a
// *[LostError], since going on from less would be going on blindly.
func Merge(copies ...Copy) (Merged, error) {
	m := Merged{Behind: map[string]int{}, Torn: map[string]Torn{}, Unread: map[string]error{}}
	var readable []Copy
	for _, c := range copies {
		var broken *BrokenError
		if c.Err != nil {
			m.Unread[c.Name] = c.Err
			if !errors.As(c.Err, &broken) {
				continue
			}
		}
		if c.Chain.Torn != nil {
			m.Torn[c.Name] = *c.Chain.Torn
		}
		readable = append(readable, c)
	}
	if len(readable) == 0 {
		return m, noCopy(copies)
	}
	best := readable[0]
	for _, c := range readable[1:] {
		// Of two that are as long, the whole one.
		if n, b := len(c.Chain.Entries), len(best.Chain.Entries); n > b || n == b && c.Err == nil && best.Err != nil {
			best = c
		}
	}
	for _, c := range readable {
		if err := fork(best, c); err != nil {
			return m, err
		}
	}
	entries := best.Chain.Entries
	for _, c := range readable {
		var broken *BrokenError
		if errors.As(c.Err, &broken) && broken.Lines > len(entries) {
			return m, &LostError{Copy: c.Name, Has: len(entries), Lines: broken.Lines, Err: c.Err}
		}
		if n := len(c.Chain.Entries); n < len(entries) && c.Err == nil {
			m.Behind[c.Name] = n
		}
	}
	m.Chain = Chain{Entries: entries}
	if len(entries) > 0 {
		m.From = best.Name
	}
	return m, nil
}

func noCopy(copies []Copy) error {
	var texts []string
	for _, c := range copies {
		texts = append(texts, fmt.Sprintf("%s: %v", c.Name, c.Err))
	}
	return fmt.Errorf("%w: %s", ErrNoCopy, strings.Join(texts, "; "))
}

// fork returns an error where c is not the beginning of best.
func fork(best, c Copy) error {
	for i, e := range c.Chain.Entries {
		if other := best.Chain.Entries[i]; other.Hash != e.Hash {
			return &ForkError{Seq: e.Seq, A: best.Name, B: c.Name, At: [2]Entry{other, e}, Head: [2]Entry{best.Chain.Last(), c.Chain.Last()}}
		}
	}
	return nil
}
