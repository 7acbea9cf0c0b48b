package applier

import (
	"tandem/internal/change"
)

// window is a run of whole source transactions that are applied together, or
// one thing that is applied by itself: a statement, or a part of a transaction
// that is too large to be held.
type window struct {
	txs []*change.Transaction
	// alone is set for what must not be merged.
	alone bool
	rows  int
	bytes int

	reducer *reducer
	planner planner
	// plan is what the lanes do, nil for a window that is not prepared, or that
	// can not be reduced.
	plan []lanePlan
}

// Limits of a window. It is closed earlier as soon as the target is free to
// take it, so these are what a backlog is worked off with.
const (
	windowTransactions = 5000
	windowRows         = 20000
	windowBytes        = 8 << 20
)

func newWindow() *window { return &window{reducer: newReducer()} }

func (w *window) reset() {
	clear(w.txs)
	w.txs, w.alone, w.rows, w.bytes, w.plan = w.txs[:0], false, 0, 0, nil
	w.reducer.reset()
	w.planner.reset()
}

func (w *window) add(tx *change.Transaction) {
	w.txs = append(w.txs, tx)
	w.bytes += tx.Bytes
	if !tx.Own {
		w.rows += len(tx.Rows)
	}
}

// narrow makes it a window of some of its transactions.
func (w *window) narrow(txs []*change.Transaction) {
	w.txs, w.plan, w.rows = txs, nil, 0
	for _, tx := range txs {
		if !tx.Own {
			w.rows += len(tx.Rows)
		}
	}
}

func (w *window) full(t Tuning) bool {
	return len(w.txs) >= t.transactions() || w.rows >= t.rows() || w.bytes >= t.bytes()
}

// mergeable tells whether a transaction can share a window with others.
func mergeable(tx *change.Transaction) bool {
	return tx.Statement == nil && !tx.Crossing && tx.First && tx.Last
}

// prepare reduces the window and writes the statements of n lanes. Without a
// plan the window is applied change by change.
func (w *window) prepare(a *Applier, admitted []Admitted, n int) {
	w.plan = nil
	w.reducer.reset()
	w.reducer.blind = a.cfg.Tuning.Mistake == KeysIgnored
	k := 0
	for _, tx := range w.txs {
		if tx.Own {
			k += len(tx.Rows)
			continue
		}
		for i := range tx.Rows {
			var ad Admitted
			if admitted != nil {
				ad = admitted[k]
			}
			k++
			r := &tx.Rows[i]
			if !a.owned(r.Table.Name) {
				return
			}
			if err := w.reducer.add(a.target(r.Table), r, ad); err != nil {
				return
			}
		}
	}
	w.reducer.link()
	w.plan = w.planner.plan(w.reducer, n)
}
