package applier

import (
	"cmp"
	"slices"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// lanePlan is what one lane does in a window: packets of statements, each
// statement with the number of rows that it must meet.
type lanePlan struct {
	packets []batch
	// used is the number of packets in use; the others are kept for later.
	used int
}

func (l *lanePlan) reset() {
	for i := range l.packets {
		l.packets[i].reset()
	}
	l.used = 0
}

// statement begins a statement in the packet at hand, or in a new one.
func (l *lanePlan) statement(rows int) *batch {
	if l.used == 0 || l.packets[l.used-1].full() {
		if l.used == len(l.packets) {
			l.packets = append(l.packets, batch{})
		}
		l.used++
	}
	b := &l.packets[l.used-1]
	b.next(bulkRows, rows)
	return b
}

// Limits of one bulk statement. Larger ones gain nothing: the cost is per row
// by then.
const (
	statementRows  = 1000
	statementBytes = 512 << 10
)

// shape is the kind of statement that brings a net change about.
type shape uint8

// The shapes, in the order in which a lane executes them: whatever frees a
// unique value comes before what takes it.
const (
	deleteAny   shape = iota // the row may be there or not
	deleteOne                // the row must be there
	overwriteOf              // rows that must be there
	insertOf                 // rows that must not be there
	shapes
)

// operation is one statement's worth of a net change.
type operation struct {
	net   *net
	shape shape
}

// planner divides net changes over lanes and writes their statements.
type planner struct {
	lanes []lanePlan
	ops   [][]operation
	sizes []int32
}

// reset gives back the memory that large rows have taken.
func (p *planner) reset() {
	for i := range p.lanes {
		p.lanes[i].reset()
	}
}

// plan writes the statements of all net changes for n lanes.
func (p *planner) plan(r *reducer, n int) []lanePlan {
	p.divide(r, n)
	for i := range n {
		p.write(&p.lanes[i], p.ops[i])
		clear(p.ops[i])
	}
	for i := range r.keyless {
		c := &r.keyless[i]
		writeKeyless(&p.lanes[c.target.id%uint64(n)], c)
	}
	return p.lanes[:n]
}

// divide chooses lane and statement of every net change. In a lane operations
// stand by shape, table and key: whatever frees a unique value comes before what
// takes it, rows are touched in the order of the table, and lanes that meet on a
// gap come there in the same order.
func (p *planner) divide(r *reducer, n int) {
	for len(p.lanes) < n {
		p.lanes = append(p.lanes, lanePlan{})
		p.ops = append(p.ops, nil)
	}
	p.sizes = append(p.sizes[:0], make([]int32, len(r.nets))...)
	for i := range r.nets {
		p.sizes[r.root(int32(i))]++
	}
	for i := range n {
		p.lanes[i].reset()
		p.ops[i] = p.ops[i][:0]
	}
	for i := range r.nets {
		nc := &r.nets[i]
		if nc.empty() {
			continue
		}
		root := r.root(int32(i))
		lane := int(r.nets[root].id % uint64(n))
		p.ops[lane] = appendOperations(p.ops[lane], nc, p.sizes[root] > 1)
	}
	for i := range n {
		slices.SortFunc(p.ops[i], compareOperations)
	}
}

// appendOperations chooses the statements for one net change. meets is set for
// a row that meets another one on a unique key.
func appendOperations(ops []operation, n *net, meets bool) []operation {
	switch {
	case n.forgive:
		ops = append(ops, operation{n, deleteAny})
		if n.after != nil {
			ops = append(ops, operation{n, insertOf})
		}
	case n.before == nil:
		ops = append(ops, operation{n, insertOf})
	case n.after == nil:
		ops = append(ops, operation{n, deleteOne})
	case meets && n.changesUnique(), n.target.retypes(n.before, n.after):
		// A unique value may go round in a circle, so that no order of updates would
		// do; a document may be another one only to us.
		ops = append(ops, operation{n, deleteOne}, operation{n, insertOf})
	default:
		ops = append(ops, operation{n, overwriteOf})
	}
	return ops
}

func (n *net) changesUnique() bool {
	for i := range n.target.uniques {
		if n.target.uniques[i].changes(n.before, n.after) {
			return true
		}
	}
	return false
}

// fewRows is up to how many updates of a table are cheaper one by one: only
// what changes is sent, and only the indexes concerned are touched.
const fewRows = 3

// writeKeyless writes a change of a table without a row key: all of a table go
// through one lane, in source order.
func writeKeyless(l *lanePlan, c *keylessChange) {
	b := l.statement(1)
	switch c.change.Op {
	case change.Insert:
		b.sql = c.target.appendInsert(b.sql, c.change.After)
	case change.Update:
		if c.target.retypes(c.change.Before, c.change.After) {
			b.sql = c.target.appendDelete(b.sql, c.change.Before)
			b = l.statement(1)
			b.sql = c.target.appendInsert(b.sql, c.change.After)
			return
		}
		b.sql = c.target.appendUpdate(b.sql, c.change.Before, c.change.After)
	case change.Delete:
		b.sql = c.target.appendDelete(b.sql, c.change.Before)
	}
}

// write puts a lane's operations into statements.
func (p *planner) write(l *lanePlan, ops []operation) {
	for len(ops) > 0 {
		n := 1
		for n < len(ops) && ops[n].shape == ops[0].shape && ops[n].net.target == ops[0].net.target {
			n++
		}
		writeRun(l, ops[:n])
		ops = ops[n:]
	}
}

func compareOperations(a, b operation) int {
	if c := cmp.Compare(a.shape, b.shape); c != 0 {
		return c
	}
	if a.net.target != b.net.target {
		return cmp.Compare(a.net.target.id, b.net.target.id)
	}
	t := a.net.target
	for _, c := range t.key {
		col := &t.table.Columns[c]
		x, y := a.net.image[c], b.net.image[c]
		if d := schema.Compare(col.Kind, x, y); d != 0 {
			return d
		}
	}
	return 0
}

// writeRun writes operations of one shape on one table.
func writeRun(l *lanePlan, ops []operation) {
	t := ops[0].net.target
	if ops[0].shape == overwriteOf && (len(ops) <= fewRows || !t.alone) {
		for i := range ops {
			b := l.statement(1)
			b.sql = t.appendUpdate(b.sql, ops[i].net.before, ops[i].net.after)
		}
		return
	}
	for len(ops) > 0 {
		b := l.statement(0)
		start := len(b.sql)
		n := 0
		for ; n < len(ops) && n < statementRows && len(b.sql)-start < statementBytes; n++ {
			b.sql = appendRow(b.sql, t, &ops[n], n == 0)
		}
		b.sql = appendTail(b.sql, t, ops[0].shape)
		b.wants[len(b.wants)-1].rows = expected(ops[0].shape, n)
		ops = ops[n:]
	}
}

// expected is the count that a statement over n rows must answer with.
func expected(s shape, n int) int {
	switch s {
	case deleteAny:
		return anyRows
	case overwriteOf:
		// INSERT ... ON DUPLICATE KEY UPDATE counts two for a row that it found
		// and changed, one for a row that it had to insert: only if all rows were
		// there is the sum 2n.
		return 2 * n
	}
	return n
}

func appendRow(dst []byte, t *target, op *operation, first bool) []byte {
	switch op.shape {
	case insertOf, overwriteOf:
		if first {
			dst = append(dst, t.insert...)
		} else {
			dst = append(dst, ',')
		}
		return t.appendTuple(dst, op.net.after)
	}
	if first {
		dst = append(dst, t.delete...)
	} else {
		dst = append(dst, ',')
	}
	row := op.net.before
	if op.shape == deleteAny {
		row = op.net.image
	}
	return t.appendKeyTuple(dst, row)
}

func appendTail(dst []byte, t *target, s shape) []byte {
	switch s {
	case overwriteOf:
		return append(dst, t.overwrite...)
	case deleteAny, deleteOne:
		return append(dst, ')')
	}
	return dst
}
