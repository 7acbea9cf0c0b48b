package verify

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"tandem/internal/chunk"
	"tandem/internal/scan"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// To ask for the types of all values inside JSON documents costs the servers more
// than everything else. So the first documents of a table are looked at, and
// types asked for only where they hide in documents that are built like those
// (package scan). Where rows are read here, a look at the source's documents shows
// whether that was enough; if not, the range is read again with what was missing
// (the target's documents need no look: those that are equal are built alike).
// Where the servers make digests, a condition keeps documents of other kinds
// apart, and all their types are asked for.

const (
	// maxPaths is how many types of a row are asked for one by one: above that, all
	// of them at once are no dearer.
	maxPaths = 32
	// learnRows are the rows that are looked at first.
	learnRows = 500
	// maxPieces bounds the memory for a row that comes in pieces.
	maxPieces = 1 << 20
)

// asking is how the rows of a table are read for digests. It does not change.
type asking struct {
	list *scan.List
	// binary is the list for rows in the binary protocol, nil where the sides would
	// not send equal values alike.
	binary *scan.List
	hash   string // expression of a row's hash, for the server
	// paths are where types are asked for, of each JSON column; nil where all are.
	paths [][]string

	mu   sync.Mutex
	free []*looker // not in use
}

// looker looks at the documents of rows.
type looker struct {
	list     *scan.List
	checkers []*scan.Checker
	complete bool
	values   [][]byte
	pieces   []byte
	large    bool // a row does not fit into memory
}

// looker returns one for a range.
func (a *asking) looker() *looker {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.free); n > 0 {
		l := a.free[n-1]
		a.free = a.free[:n-1]
		return l
	}
	l := &looker{list: a.list, complete: true}
	for _, paths := range a.paths {
		l.checkers = append(l.checkers, scan.NewChecker(paths))
	}
	last := 0
	for _, i := range a.list.JSON {
		last = max(last, i+1)
	}
	l.values = make([][]byte, last)
	return l
}

func (a *asking) giveBack(l *looker) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, l)
}

// of is the looker where it is the source that is read.
func (l *looker) of(side int) *looker {
	if side != source {
		return nil
	}
	return l
}

// row looks at a row's documents.
func (l *looker) row(values [][]byte) error {
	for n, i := range l.list.JSON {
		complete, err := l.checkers[n].See(values[i])
		if err != nil {
			return fmt.Errorf("column %s: %w", l.list.Column(i).Name, err)
		}
		l.complete = l.complete && complete
	}
	return nil
}

// begin makes the looker ready for rows that come in pieces.
func (l *looker) begin() {
	if l != nil {
		l.pieces = l.pieces[:0]
	}
}

// piece looks at a row that comes as the server sent it, in the binary protocol if
// types are given.
func (l *looker) piece(piece []byte, last bool, types []byte) error {
	if !last || len(l.pieces) > 0 {
		if len(l.pieces)+len(piece) > maxPieces {
			l.large, l.complete = true, false
		}
		if !l.large {
			l.pieces = append(l.pieces, piece...)
		}
		if !last {
			return nil
		}
		piece = l.pieces
		l.pieces = l.pieces[:0]
	}
	if l.large {
		return nil
	}
	if types != nil && !wire.BinaryValues(piece, types, l.values) || types == nil && !wire.Values(piece, l.values) {
		return fmt.Errorf("a row of %s is cut short", l.list.Table.Name)
	}
	return l.row(l.values)
}

// asking returns how rows are read now.
func (t *table) asking() *asking {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ask
}

// askMore reads rows with what a looker missed from now on.
func (t *table) askMore(a *asking, l *looker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ask.paths == nil {
		return
	}
	paths, n := make([][]string, len(a.paths)), 0
	for i := range a.paths {
		// Another range may have added some meanwhile.
		paths[i] = slices.Concat(t.ask.paths[i], l.checkers[i].Missing())
		slices.Sort(paths[i])
		paths[i] = slices.Compact(paths[i])
		n += len(paths[i])
	}
	if n > maxPaths || l.large {
		paths = nil
	}
	t.ask = t.newAsking(paths, t.ask.hash)
}

func (t *table) newAsking(paths [][]string, hash string) *asking {
	a := &asking{list: t.list, hash: hash, paths: paths}
	if paths != nil {
		a.list = t.list.Compared(paths, false)
	}
	if t.binary {
		a.binary = t.list.Compared(paths, true)
	}
	return a
}

// askText reads rows as text from now on: the sides send them with other types.
func (t *table) askText() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.binary = false
	t.ask = t.newAsking(t.ask.paths, t.ask.hash)
}

// looked reads rows with do until no document had a type that was not asked for.
func (w *worker) looked(t *table, m Method, do func(a *asking, l *looker) error) error {
	for {
		a := t.asking()
		if m == Server || a.paths == nil {
			return do(a, nil)
		}
		l := a.looker()
		err := do(a, l)
		if err == nil && l.complete {
			a.giveBack(l)
			return nil
		}
		if err != nil {
			return err
		}
		t.askMore(a, l)
	}
}

// learn looks at a table's first documents.
func (t *table) learn(ctx context.Context, s *side) error {
	if len(t.list.JSON) == 0 || t.list.AskTypes || t.spaces[source] == nil {
		return nil
	}
	sql := []byte("SELECT ")
	for n, i := range t.list.JSON {
		if n > 0 {
			sql = append(sql, ',')
		}
		name := schema.Quote(t.list.Column(i).Name)
		// Large ones are few, and not worth the wait.
		sql = fmt.Appendf(sql, "IF(JSON_STORAGE_SIZE(%[1]s)>%[2]d,NULL,%[1]s)", name, inlineBytes*16)
	}
	sql = fmt.Appendf(t.appendFrom(sql, source, chunk.Range{}), " LIMIT %d", learnRows)
	kinds := make([]scan.Kinds, len(t.list.JSON))
	none := make([][]string, len(kinds))
	seen := t.newAsking(none, "")
	l := seen.looker()
	err := s.query(ctx, sql, func(values [][]byte) error {
		for n, doc := range values {
			if _, err := l.checkers[n].See(doc); err != nil {
				return fmt.Errorf("column %s: %w", t.list.Column(t.list.JSON[n]).Name, err)
			}
			kinds[n].See(doc)
		}
		return nil
	})
	if err != nil {
		return err
	}
	plain := make([]string, len(kinds))
	for n := range kinds {
		col := schema.Quote(t.list.Column(t.list.JSON[n]).Name)
		if plain[n], err = kinds[n].Plain(col, false); err != nil {
			return err
		}
	}
	seen.hash = t.rowHash(plain)
	t.mu.Lock()
	t.ask = seen
	t.mu.Unlock()
	t.askMore(seen, l)
	return nil
}
