package bench

import (
	"fmt"
	"math/rand/v2"
)

// shape is a kind of load.
type shape struct {
	name, title string
	// tables is how many tables it is spread over.
	tables int
	// hot sends half of the transactions to the same eight rows.
	hot bool
	// block is the rows of each transaction, all in one statement; 0 is the mix
	// of an application: one row a statement, one transaction in ten of five.
	block int
}

// The shapes of the apply races.
func shapes() []shape {
	return []shape{
		{name: "oltp", title: "OLTP mix over 8 tables", tables: 8},
		{name: "hot", title: "half of the transactions on 8 rows", tables: 8, hot: true},
		{name: "big", title: "transactions of 1,000 rows", tables: 8, block: 1000},
		{name: "single", title: "OLTP mix on one table", tables: 1},
	}
}

// transactions is how many of this shape weigh about as much as n of the mix.
func (s shape) transactions(n int) int {
	if s.block > 0 {
		return max(n*5/s.block, 1)
	}
	return n
}

// hotRows are on the first table, and nobody deletes them.
const hotRows = 8

const createTable = `CREATE TABLE %s (
  id bigint NOT NULL,
  k int NOT NULL,
  c varchar(100) NOT NULL,
  pad varchar(60) NOT NULL,
  n bigint NOT NULL DEFAULT 0,
  at datetime(6) NOT NULL DEFAULT '2026-01-02 03:04:05.678901',
  PRIMARY KEY (id),
  KEY k (k)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`

func tableName(n int) string { return fmt.Sprintf("bench.t%d", n) }

// writer makes the transactions of one connection. It remembers which rows it
// has made, and only touches those (and the hot rows), so that every statement
// meets rows and writers do not wait for each other.
type writer struct {
	shape shape
	rng   *rand.Rand
	// live are the ids of the rows of each table, or of the first rows of blocks.
	live [][]int64
	// next is the id of the next insert on each table; step is added to it.
	next []int64
	step int64
	// rows counts the changed rows.
	rows int64
	text []byte
}

// newWriter returns writer number n of all, on tables that hold rows 1 to
// tableRows (and the hot ones below).
func newWriter(s shape, seed uint64, n, all, tableRows int) *writer {
	w := &writer{shape: s, rng: rand.New(rand.NewPCG(seed, uint64(n))), live: make([][]int64, s.tables), next: make([]int64, s.tables)}
	unit := int64(max(s.block, 1))
	w.step = unit * int64(all)
	for t := range s.tables {
		id := 1 + unit*int64(n)
		for ; id+unit-1 <= int64(tableRows); id += w.step {
			w.live[t] = append(w.live[t], id)
		}
		w.next[t] = id
	}
	return w
}

// transaction returns the statements of the next transaction.
func (w *writer) transaction() []string {
	statements := 1
	if w.shape.block == 0 && w.rng.IntN(10) == 0 {
		statements = 5
	}
	out := make([]string, 0, statements)
	if w.shape.hot && w.rng.IntN(2) == 0 {
		out = append(out, w.hot())
	}
	for len(out) < statements {
		out = append(out, w.statement())
	}
	return out
}

func (w *writer) hot() string {
	w.rows++
	w.text = fmt.Appendf(w.text[:0], "UPDATE %s SET n = n + 1, c = '", tableName(0))
	w.letters(100)
	w.text = fmt.Appendf(w.text, "' WHERE id = %d", -w.rng.IntN(hotRows))
	return string(w.text)
}

// statement is an update, insert or delete: 60, 25 and 15 of a hundred.
func (w *writer) statement() string {
	t := w.rng.IntN(w.shape.tables)
	unit := int64(max(w.shape.block, 1))
	w.rows += unit
	switch dice := w.rng.IntN(100); {
	case len(w.live[t]) < 2 || dice >= 60 && dice < 85:
		return w.insert(t, unit)
	case dice >= 85:
		return w.remove(t, unit)
	default:
		return w.update(t, unit)
	}
}

func (w *writer) insert(t int, unit int64) string {
	first := w.next[t]
	w.next[t] += w.step
	w.live[t] = append(w.live[t], first)
	w.text = appendInsert(w.text[:0], t)
	for id := first; id < first+unit; id++ {
		if id > first {
			w.text = append(w.text, ',')
		}
		w.row(id)
	}
	return string(w.text)
}

func (w *writer) update(t int, unit int64) string {
	w.text = fmt.Appendf(w.text[:0], "UPDATE %s SET n = n + 1, c = '", tableName(t))
	w.letters(100)
	w.text = append(w.text, '\'')
	if w.rng.IntN(2) == 0 {
		w.text = fmt.Appendf(w.text, ", k = %d + id %% 100", w.rng.IntN(1_000_000))
	}
	id := w.live[t][w.rng.IntN(len(w.live[t]))]
	return w.where(id, unit)
}

func (w *writer) remove(t int, unit int64) string {
	live := w.live[t]
	n := w.rng.IntN(len(live))
	id := live[n]
	live[n] = live[len(live)-1]
	w.live[t] = live[:len(live)-1]
	w.text = fmt.Appendf(w.text[:0], "DELETE FROM %s", tableName(t))
	return w.where(id, unit)
}

// where ends a statement.
func (w *writer) where(id, unit int64) string {
	if unit == 1 {
		w.text = fmt.Appendf(w.text, " WHERE id = %d", id)
	} else {
		w.text = fmt.Appendf(w.text, " WHERE id BETWEEN %d AND %d", id, id+unit-1)
	}
	return string(w.text)
}

func appendInsert(dst []byte, t int) []byte {
	return fmt.Appendf(dst, "INSERT INTO %s (id, k, c, pad) VALUES ", tableName(t))
}

// row appends the values of a row.
func (w *writer) row(id int64) {
	w.text = fmt.Appendf(w.text, "(%d,%d,'", id, w.rng.IntN(1_000_000))
	w.letters(100)
	w.text = append(w.text, "','"...)
	w.letters(60)
	w.text = append(w.text, "')"...)
}

func (w *writer) letters(n int) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz012345"
	for n > 0 {
		bits := w.rng.Uint64()
		for k := 0; k < 12 && n > 0; k++ {
			w.text = append(w.text, alphabet[bits&31])
			bits >>= 5
			n--
		}
	}
}
