package journal

import (
	"bytes"
	"fmt"
)

// Chain is a journal as one copy has it, verified from its first entry on.
type Chain struct {
	Entries []Entry
	// Torn is set if the last line was cut off in the middle of being written.
	Torn *Torn
}

// Torn is a last line that never became an entry.
type Torn struct {
	Line  int // from 1
	Bytes int
}

// String says it for a person.
func (t Torn) String() string {
	return fmt.Sprintf("line %d was cut off while it was written (%d bytes); it was never confirmed, and is left out", t.Line, t.Bytes)
}

// Last returns the last entry, or the zero Entry if there is none.
func (c Chain) Last() Entry {
	if len(c.Entries) == 0 {
		return Entry{}
	}
	return c.Entries[len(c.Entries)-1]
}

// Run returns the entries of one run.
func (c Chain) Run(id string) []Entry {
	var list []Entry
	for _, e := range c.Entries {
		if e.Run == id {
			list = append(list, e)
		}
	}
	return list
}

// BrokenError says that a copy is not what was written.
type BrokenError struct {
	Copy string // which one, if known
	Line int    // the first bad line, from 1
	Why  string
	// Lines is how many lines the copy has, the bad ones among them.
	Lines int
}

// Error implements error.
func (e *BrokenError) Error() string {
	name := "journal"
	if e.Copy != "" {
		name = "journal in " + e.Copy
	}
	return fmt.Sprintf("%s: line %d %s", name, e.Line, e.Why)
}

// Hint says what to type next.
func (e *BrokenError) Hint() string {
	return "the other copies of the journal may be whole; keep this one as it is, it is evidence"
}

// Parse reads and verifies a journal. With a *[BrokenError] the chain holds the
// entries before the first bad line.
func Parse(data []byte) (Chain, error) {
	var c Chain
	var lines [][]byte
	rest := data
	for {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if !found {
			break
		}
		lines, rest = append(lines, line), after
	}
	if len(rest) > 0 {
		c.Torn = &Torn{Line: len(lines) + 1, Bytes: len(rest)}
	}
	for i, line := range lines {
		e, err := parseLine(line)
		if err == nil {
			err = e.follows(c.Last())
		}
		// Zero bytes are blocks that were never written: JSON has none.
		if err != nil && i == len(lines)-1 && bytes.IndexByte(line, 0) >= 0 {
			c.Torn = &Torn{Line: i + 1, Bytes: len(line) + 1 + len(rest)}
			break
		}
		if err != nil {
			return c, &BrokenError{Line: i + 1, Why: err.Error(), Lines: len(lines)}
		}
		c.Entries = append(c.Entries, e)
	}
	return c, nil
}

// size is how many bytes the whole lines of the chain take.
func (c Chain) size() int64 {
	n := int64(0)
	for _, e := range c.Entries {
		n += int64(len(e.line)) + 1
	}
	return n
}
