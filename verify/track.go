package verify

import (
	"tandem/internal/chunk"
)

// Pieces end in any order. What is kept of an interrupted run is how far a table
// was compared without a gap, and which pieces before that showed a difference:
// those are compared again, since what became of their rows is not kept.

// maxAgain is how many pieces are remembered for that. Beyond, a run goes on
// where the next one would have been.
const maxAgain = 500

// track is how far a table is.
type track struct {
	pieces map[int]*piece // done, behind the first that is not
	next   int            // the first that is not done
	Lower  string         // where it begins
	Ended  bool           // there is none
	Again  [][2]string    // pieces with differences, before Lower
	full   bool

	RowsSource, RowsTarget, Bytes int64 // of pieces without differences
	Chunks                        int
}

// pieceDone notes the end of a piece.
func (t *table) pieceDone(p *piece, d [2]digest, differed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := &t.track
	p.digests, p.differed = d, differed
	if k.pieces == nil {
		k.pieces = map[int]*piece{}
	}
	if p.again {
		if !differed {
			k.forget(p)
		}
		return
	}
	k.pieces[p.ord] = p
	for !k.full {
		p, ok := k.pieces[k.next]
		if !ok {
			return
		}
		if p.differed && len(k.Again) == maxAgain {
			k.full = true
			return
		}
		delete(k.pieces, k.next)
		k.next++
		k.Lower, k.Ended = chunk.EncodeKey(p.r.Upper), p.r.Upper == nil
		if p.differed {
			k.Again = append(k.Again, p.bounds())
			continue
		}
		k.add(p)
	}
}

func (k *track) add(p *piece) {
	k.RowsSource += p.digests[source].rows
	k.RowsTarget += p.digests[target].rows
	k.Bytes += p.digests[source].bytes
	k.Chunks++
}

// forget takes a piece that showed no difference any more off the list.
func (k *track) forget(p *piece) {
	for i, b := range k.Again {
		if b == p.bounds() {
			k.Again = append(k.Again[:i:i], k.Again[i+1:]...)
			k.add(p)
			return
		}
	}
}

func (p *piece) bounds() [2]string {
	return [2]string{chunk.EncodeKey(p.r.Lower), chunk.EncodeKey(p.r.Upper)}
}

// resume lets a table go on where an interrupted run was.
func (t *table) resume(k track) error {
	lower, err := chunk.DecodeKey(k.Lower)
	if err != nil {
		return err
	}
	for _, b := range k.Again {
		from, err := chunk.DecodeKey(b[0])
		if err != nil {
			return err
		}
		to, err := chunk.DecodeKey(b[1])
		if err != nil {
			return err
		}
		t.cut.again = append(t.cut.again, chunk.Range{Lower: from, Upper: to})
	}
	t.track = k
	t.cut.lower, t.cut.ended = lower, k.Ended
	t.result.RowsSource, t.result.RowsTarget = k.RowsSource, k.RowsTarget
	t.result.Bytes, t.result.Chunks = k.Bytes, k.Chunks
	return nil
}
