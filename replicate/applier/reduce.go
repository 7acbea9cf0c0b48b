package applier

import (
	"bytes"
	"errors"

	"github.com/cespare/xxhash/v2"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// net is what a window does to one row: it was before (nil: it was not there),
// and it is after (nil: it is gone).
type net struct {
	target *target
	// id is a hash of table and row key, the same in every process: lanes are
	// chosen by it, also when a window is read again after a crash.
	id            uint64
	key           []byte
	before, after schema.Row
	// image is one of the row's images, whichever came first: it has the key.
	image schema.Row
	// forgive is set when the row may be there or not before the window.
	forgive bool
	// group is the index of a net change that this one must share a lane with,
	// its own index if there is none (a union-find forest).
	group int32
	next  int32 // in the hash chain, -1 at its end
}

// keylessChange is a change of a table without a row key.
type keylessChange struct {
	target *target
	change *change.RowChange
}

// errIrreducible means that the changes of a window contradict each other, or
// are of a kind that has no net effect: they are applied one by one.
var errIrreducible = errors.New("window can not be reduced")

// reducer turns the changes of a window into net changes. It is used again and
// again, so that nothing is allocated once it has grown.
type reducer struct {
	nets []net
	// keyless are the changes of tables without a row key, in source order: their
	// rows can not be told apart, so nothing can be said about net effects.
	keyless []keylessChange
	chains  map[uint64]int32
	tokens  map[uint64]int32
	// wild is set when one of the tokens stands for values that may equal others.
	wild bool
	// blind makes the mistake KeysIgnored.
	blind bool
	keys  []byte
	buf   []byte
}

func newReducer() *reducer {
	return &reducer{chains: map[uint64]int32{}, tokens: map[uint64]int32{}}
}

// reset forgets the window. The memory of one that was unusually large is given
// back.
func (r *reducer) reset() {
	const keep = 1 << 16
	if cap(r.nets) > keep {
		*r = *newReducer()
		return
	}
	clear(r.nets)
	clear(r.keyless)
	r.nets, r.keyless, r.keys = r.nets[:0], r.keyless[:0], r.keys[:0]
	clear(r.chains)
	clear(r.tokens)
	r.wild = false
}

// add takes in one change. Changes come in source order.
func (r *reducer) add(t *target, c *change.RowChange, ad Admitted) error {
	if t.checksOn(c) {
		return errIrreducible
	}
	if !t.keyed() {
		return r.addKeyless(t, c, ad)
	}
	switch {
	case c.Op == change.Insert:
		return r.put(t, c.After, ad.After)
	case c.Op == change.Delete:
		return r.take(t, c.Before, ad.Before)
	case ad == Admitted{} && t.sameKey(c.Before, c.After):
		return r.replace(t, c.Before, c.After)
	}
	if err := r.take(t, c.Before, ad.Before); err != nil {
		return err
	}
	return r.put(t, c.After, ad.After)
}

func (r *reducer) addKeyless(t *target, c *change.RowChange, ad Admitted) error {
	switch ad {
	case Admitted{}:
		r.keyless = append(r.keyless, keylessChange{t, c})
		return nil
	case Admitted{LeaveOut, LeaveOut}:
		return nil
	}
	return errIrreducible
}

func (r *reducer) put(t *target, after schema.Row, d Decision) error {
	if d == LeaveOut {
		return nil
	}
	n := r.find(t, after)
	if n.after != nil {
		return errIrreducible
	}
	n.after = after
	n.forgive = n.forgive || d == Forgive
	return nil
}

func (r *reducer) take(t *target, before schema.Row, d Decision) error {
	if d == LeaveOut {
		return nil
	}
	n := r.find(t, before)
	n.forgive = n.forgive || d == Forgive
	switch {
	case n.after != nil:
		n.after = nil
	case n.before != nil || n.seen():
		return errIrreducible
	default:
		n.before = before
	}
	return nil
}

func (r *reducer) replace(t *target, before, after schema.Row) error {
	n := r.find(t, after)
	switch {
	case n.after != nil:
	case n.before != nil || n.seen():
		return errIrreducible
	default:
		n.before = before
	}
	n.after = after
	return nil
}

// seen tells whether the row was inserted and deleted again in this window.
func (n *net) seen() bool { return n.group < 0 }

// find returns the net change of the row with the key of row.
func (r *reducer) find(t *target, row schema.Row) *net {
	start := len(r.keys)
	for _, c := range t.key {
		r.keys = appendPart(r.keys, row[c])
	}
	key := r.keys[start:len(r.keys):len(r.keys)]
	id := xxhash.Sum64(key) ^ t.id
	head, ok := r.chains[id]
	if !ok {
		head = -1
	}
	for i := head; i >= 0 && !r.blind; i = r.nets[i].next {
		if n := &r.nets[i]; n.target == t && bytes.Equal(n.key, key) {
			r.keys = r.keys[:start]
			if n.before == nil && n.after == nil {
				n.group = -1
			}
			return n
		}
	}
	i := int32(len(r.nets))
	r.nets = append(r.nets, net{target: t, id: id, key: key, image: row, group: i, next: head})
	r.chains[id] = i
	return &r.nets[i]
}

// link puts net changes that meet on a unique key into one group. It is called
// once the window is complete.
func (r *reducer) link() {
	for i := range r.nets {
		r.nets[i].group = int32(i)
	}
	if r.blind {
		return
	}
	for i := range r.nets {
		n := &r.nets[i]
		if n.empty() {
			continue
		}
		for u := range n.target.uniques {
			r.meet(int32(i), &n.target.uniques[u])
		}
	}
	if r.wild {
		r.meetWild()
	}
}

// meet enters the values that a net change gives up and takes under one key.
func (r *reducer) meet(i int32, u *unique) {
	n := &r.nets[i]
	if !u.changes(n.before, n.after) {
		return
	}
	for _, row := range [2]schema.Row{n.before, n.after} {
		if row == nil {
			continue
		}
		token, wild, ok, buf := u.token(row, r.buf)
		r.buf = buf
		switch {
		case !ok:
			continue
		case wild:
			token = wildToken(u)
			r.wild = true
		}
		if j, met := r.tokens[token]; met {
			r.join(i, j)
		} else {
			r.tokens[token] = i
		}
	}
}

// wildToken stands for every value of a key that may equal any other.
func wildToken(u *unique) uint64 { return ^u.id }

// meetWild joins all that changes a key with wild values: any of them may equal
// a wild one.
func (r *reducer) meetWild() {
	for i := range r.nets {
		n := &r.nets[i]
		if n.empty() {
			continue
		}
		for k := range n.target.uniques {
			u := &n.target.uniques[k]
			if j, wild := r.tokens[wildToken(u)]; wild && u.changes(n.before, n.after) {
				r.join(int32(i), j)
			}
		}
	}
}

// empty tells whether nothing is left to do for the row.
func (n *net) empty() bool {
	if n.forgive {
		return false
	}
	return n.before == nil && n.after == nil || n.before != nil && n.after != nil && n.before.Equal(n.after)
}

func (r *reducer) root(i int32) int32 {
	for r.nets[i].group != i {
		r.nets[i].group = r.nets[r.nets[i].group].group
		i = r.nets[i].group
	}
	return i
}

// join makes one group of two. The root is the one with the smaller id, which
// does not depend on the order of the changes.
func (r *reducer) join(i, j int32) {
	i, j = r.root(i), r.root(j)
	if i == j {
		return
	}
	if r.nets[j].id < r.nets[i].id {
		i, j = j, i
	}
	r.nets[j].group = i
}
