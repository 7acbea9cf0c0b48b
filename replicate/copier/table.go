package copier

import (
	"slices"
	"sort"
	"sync"
	"time"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// phase is how far a table has come.
type phase uint8

const (
	// waiting: nothing of it is copied; its changes are left out.
	waiting phase = iota
	// copying: some chunk of it has begun.
	copying
	// holding: its changes wait for a snapshot to be opened.
	holding
	// snapshot: its changes up to the snapshot are left out, later ones wait.
	snapshot
	// indexing: all its rows are there, its indexes may not be.
	indexing
	// done: it is copied, or gone.
	done
)

// state is how far a segment has come. See the package comment.
type state uint8

const (
	pending state = iota
	reading
	writing
	written
)

// table is a table to be copied. Its fields are guarded by the Copier's mu, but
// for what says otherwise.
type table struct {
	name  schema.Name
	def   *schema.Table
	space *chunk.Space
	// ordered: keys can be compared here.
	ordered bool
	// snapshotOnly: copied in one piece from a snapshot; circular: since its
	// foreign keys lead back to it. circle are all tables that do so together, in
	// the order of the copy: the table itself, as a rule. They share a snapshot.
	snapshotOnly, circular bool
	circle                 []*table
	layout                 *layout
	// after are the tables that must be done before this one begins; cascades are
	// those whose rows a change of this one can change, unseen, and referenced the
	// columns of this one for which that is so.
	after      []*table
	cascades   []*table
	referenced []string

	phase    phase
	segments []*segment // in key order
	// generation counts how often the copy of the table has started anew, and
	// clearing is set until the target's rows of the last time are gone, cleared
	// when somebody sees to it; not while finishing jobs record that it is copied.
	generation        int
	clearing, cleared bool
	finishing         int
	active            int
	// snapshotAt is the position of the snapshot.
	snapshotAt change.GTIDSet
	// keyOf says where the key is in each version of the table.
	keyOf map[*schema.Table][]int

	// planning serialises the asking for the next boundary.
	planning sync.Mutex
	rows     int // rows that a chunk should have
	// chunkBytes is what a chunk is expected to come to.
	chunkBytes int64

	rowsEstimated, rowsCopied, bytesCopied int64
	bytesEstimated                         int64
	chunksDone                             int
	started, ended                         time.Time
	// holdsUp is set while the stream waits for a chunk of the table, or for its
	// indexes.
	holdsUp int
	// deferred are the indexes that the table was made without. While they are
	// building no chunk of the table is written; exclusive is set when no row may
	// be changed meanwhile.
	deferred            []catalog.Index
	building, exclusive bool
	// blocked says why they can not be built just now.
	blocked string
	// broken is set when the table can not be copied to the end.
	broken error
}

// segment is a range of a table's keys in one state.
type segment struct {
	chunk.Range
	state state
	// ord is where the segment stands among those of the table. Segments that
	// are cut off from it get numbers below limit (0: any).
	ord, limit uint64
	// struck are the keys whose changes were applied since the segment began.
	struck map[string]struct{}
	// outdated is set when what is being read is of no use any more.
	outdated bool
	// tries counts how often it was read in vain.
	tries int
	// rest is what was cut off from it; the same worker goes on with that.
	rest *segment
}

func newTable(def *schema.Table) *table {
	t := &table{name: def.Name, keyOf: map[*schema.Table][]int{}}
	t.define(def)
	t.circle = []*table{t}
	t.segments = []*segment{{ord: 1}}
	return t
}

// define takes a definition over.
func (t *table) define(def *schema.Table) {
	t.def = def
	space, ok := chunk.Of(def)
	t.space, t.snapshotOnly = space, t.circular || !ok
	t.ordered = ok && space.Ordered()
}

// keyColumns returns the key's columns in that version of the table.
func (t *table) keyColumns(def *schema.Table) []int {
	cols, ok := t.keyOf[def]
	if !ok {
		if s, ok := chunk.Of(def); ok {
			cols = s.Columns()
		}
		t.keyOf[def] = cols
	}
	return cols
}

// restart starts the copy of the table anew, under another definition.
func (t *table) restart(def *schema.Table) {
	t.define(def)
	clear(t.keyOf)
	t.segments = []*segment{{ord: 1}}
	if t.phase != waiting {
		t.generation++
		t.phase, t.clearing, t.cleared = holding, true, false
	}
}

// find returns the segment that a key is in. Only for ordered tables.
func (t *table) find(k chunk.Key) *segment {
	if len(t.segments) == 1 {
		return t.segments[0]
	}
	i := sort.Search(len(t.segments), func(i int) bool {
		lower := t.segments[i].Lower
		if lower == nil {
			return false
		}
		c, _ := t.space.Compare(k, lower)
		return c < 0
	})
	return t.segments[max(i-1, 0)]
}

// split cuts what lies at and above key off from s, and returns it. It begins
// in the same state: what was struck stays so. It is nil, and nothing is cut,
// when there is no number left for it.
func (t *table) split(s *segment, key chunk.Key, step uint64) *segment {
	i := slices.Index(t.segments, s)
	rest := &segment{Range: chunk.Range{Lower: key, Upper: s.Upper}, state: s.state, limit: s.limit, ord: s.ord + step, tries: s.tries}
	if s.limit > 0 && rest.ord >= s.limit {
		rest.ord = s.ord + (s.limit-s.ord)/2
	}
	if rest.ord == s.ord {
		return nil
	}
	if s.struck != nil {
		rest.struck = make(map[string]struct{}, len(s.struck))
		for k := range s.struck {
			rest.struck[k] = struct{}{}
		}
	}
	s.Upper, s.limit = key, rest.ord
	t.segments = slices.Insert(t.segments, i+1, rest)
	return rest
}

// merge joins neighbours that are written.
func (t *table) merge() {
	out := t.segments[:1]
	for _, s := range t.segments[1:] {
		last := out[len(out)-1]
		if last.state == written && s.state == written {
			last.Upper, last.limit = s.Upper, s.limit
			continue
		}
		out = append(out, s)
	}
	clear(t.segments[len(out):])
	t.segments = out
}

// next returns the first segment in that state.
func (t *table) next(want state) *segment {
	for _, s := range t.segments {
		if s.state == want {
			return s
		}
	}
	return nil
}

// complete tells whether everything is written.
func (t *table) complete() bool { return len(t.segments) == 1 && t.segments[0].state == written }

// free tells whether the table may begin, as far as other tables go.
func (t *table) free() bool {
	for _, m := range t.circle {
		for _, p := range m.after {
			if !p.copied() {
				return false
			}
		}
	}
	return true
}

// copied tells whether all rows of the table are there.
func (t *table) copied() bool { return t.phase >= indexing }

// incomplete tells whether statements have to wait for the table's indexes.
func (t *table) incomplete() bool { return t.phase == indexing || len(t.deferred) > 0 }

// leads tells whether the table is the one of its circle that the circle's
// copy is made for.
func (t *table) leads() bool { return t.undone()[0] == t }

// undone returns the tables of the circle that are not done. There is one: t.
func (t *table) undone() []*table {
	var list []*table
	for _, m := range t.circle {
		if !m.copied() {
			list = append(list, m)
		}
	}
	return list
}

// ordStep keeps room between the numbers of chunks for what is cut off from
// them later.
const ordStep = 1 << 32

// planStep is how far the number of a chunk is from that of the one before.
func (s *segment) planStep() uint64 {
	if s.limit == 0 {
		return ordStep
	}
	return max((s.limit-s.ord)/4096, 1)
}

// cutStep is the same for what is cut off while the chunk is read. Both parts
// may be cut again, what was cut off much more often.
func (s *segment) cutStep() uint64 {
	if s.limit == 0 {
		return ordStep
	}
	return max((s.limit-s.ord)/16, 1)
}

// wrote counts a chunk that was written, and sizes the next ones by it.
func (t *table) wrote(rows, bytes int64, took time.Duration, cfg Config) {
	t.rowsCopied += rows
	t.bytesCopied += bytes
	t.chunksDone++
	if t.rowsEstimated < t.rowsCopied {
		t.rowsEstimated = t.rowsCopied
	}
	if bytes == 0 || took <= 0 || rows < int64(t.rows)/2 {
		// The end of the table, or a chunk that was cut: no measure.
		return
	}
	t.chunkBytes = bytes
	factor := min(float64(cfg.ChunkBytes)/float64(bytes), float64(cfg.ChunkTime)/float64(took))
	t.rows = int(min(max(float64(t.rows)*min(max(factor, 0.25), 2), 1), maxRows))
}
