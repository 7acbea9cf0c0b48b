package binlog

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestQueueKeepsOrder pushes and pops at random, with a budget that sends most
// of it to disk, and checks that everything comes out once, in order, and that
// no slab is held on to.
func TestQueueKeepsOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		pool := newSlabPool(0)
		q := newQueue(int64(rapid.IntRange(1, 5000).Draw(t, "budget")), dir, pool)
		var slabs []*slab
		pushed, popped := 0, 0
		pop := func() bool {
			e, ok, err := q.take()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				if popped != pushed {
					t.Fatalf("nothing to take after %d of %d", popped, pushed)
				}
				return false
			}
			want := fmt.Appendf(nil, "%019d|", popped)
			if !bytes.HasPrefix(e.data, want) || len(bytes.Trim(e.data[len(want):], "x")) != 0 {
				t.Fatalf("event %d is %.40q", popped, e.data)
			}
			e.slab.release()
			popped++
			return true
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "push") {
				var batch []entry
				for range rapid.IntRange(1, 5).Draw(t, "batch") {
					size := rapid.SampledFrom([]int{0, 10, 300, 2000, slabSize + 10}).Draw(t, "size")
					data := append(fmt.Appendf(nil, "%019d|", pushed), bytes.Repeat([]byte("x"), size)...)
					s := pool.get(len(data))
					slabs = append(slabs, s)
					batch = append(batch, entry{slab: s, data: s.buf[:copy(s.buf, data)]})
					pushed++
				}
				if err := q.push(batch); err != nil {
					t.Fatal(err)
				}
				continue
			}
			for range rapid.IntRange(1, 8).Draw(t, "pops") {
				pop()
			}
		}
		reason := errors.New("over")
		q.finish(reason)
		for popped < pushed {
			pop()
		}
		if _, _, err := q.take(); err != reason {
			t.Fatalf("at the end: %v", err)
		}
		if q.bytes != 0 || q.spool.size != 0 || len(q.spool.segments) > 1 {
			t.Fatalf("left over: %d bytes, %d on disk", q.bytes, q.spool.size)
		}
		q.discard()
		for i, s := range slabs {
			if n := s.refs.Load(); n != 0 {
				t.Fatalf("slab %d has %d users", i, n)
			}
		}
	})
}

// TestSlabsAreGivenBack counts the users of slabs over a whole stream.
func TestSlabsAreGivenBack(t *testing.T) {
	t.Parallel()
	m := madeOrders(300, 20)
	r := m.reader(orders())
	seen := map[*slab]bool{}
	for _, e := range r.queue.mem {
		seen[e.slab] = true
	}
	if len(seen) < 3 {
		t.Fatalf("only %d slabs", len(seen))
	}
	held, err := r.Next(ended())
	for err == nil && len(held.Rows) == 0 {
		held, err = r.Next(ended())
	}
	if err != nil {
		t.Fatal(err)
	}
	before := texts(held.Rows[3].After)
	readAll(r)
	users := int32(0)
	for s := range seen {
		users += s.refs.Load()
	}
	if users != 1 {
		t.Errorf("%d uses of slabs while one transaction is held", users)
	}
	if after := texts(held.Rows[3].After); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("a row changed under its holder: %q, %q", before, after)
	}
	held.Release()
	for s := range seen {
		if n := s.refs.Load(); n != 0 {
			t.Errorf("a slab has %d users at the end", n)
		}
	}
}
