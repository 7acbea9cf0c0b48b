package courier

import (
	"context"
	"slices"
)

// operation is one kind of transaction. run does everything but BEGIN and
// COMMIT; errUndo asks for ROLLBACK.
type operation struct {
	name   string
	weight int // cards in a deck of about a hundred
	run    func(context.Context, *work) error
}

// Operations are the names of all operations, in the order of the code.
func Operations() []string {
	var names []string
	for _, op := range operations() {
		names = append(names, op.name)
	}
	return names
}

func operations() []operation {
	return []operation{
		{"create_shipment", 15, createShipment},
		{"move_status", 13, moveStatus},
		{"add_positions", 18, addPositions},
		{"transfer", 12, transfer},
		{"pay_driver", 4, payDriver},
		{"delete_shipment", 5, deleteShipment}, // cascades to legs and scans
		{"hire_driver", 2, hireDriver},         //
		{"retire_driver", 2, retireDriver},     // sets NULL in shipments and legs
		{"sign_up", 2, signUp},                 //
		{"close_customer", 2, closeCustomer},   // cascades to vouchers
		{"roll_back", 3, rollBack},             // much work, then ROLLBACK
		{"savepoint", 3, savepoint},            // part of the work undone
		{"rename_voucher", 2, renameVoucher},   // primary key to another value
		{"recase_voucher", 1, recaseVoucher},   // primary key to an equal value
		{"swap_vouchers", 1, swapVouchers},     // two primary keys change places
		{"move_report", 1, moveReport},         // composite key, into another partition
		{"hand_locker", 4, handLocker},         // unique value passed between rows
		{"change_nothing", 3, changeNothing},   // UPDATE without effect
		{"json", 3, changeJSON},                //
		{"replace_report", 2, replaceReport},   // REPLACE
		{"upsert_report", 2, upsertReport},     // ON DUPLICATE KEY UPDATE
		{"insert_ignore", 2, insertIgnore},     //
		{"multi_update", 2, multiUpdate},       //
		{"multi_delete", 2, multiDelete},       //
		{"blanks", 2, blanks},                  // NULL and empty come and go
		{"ledger", 3, writeLedger},             // no key
		{"change_ledger", 1, changeLedger},     // UPDATE and DELETE without a key
		{"blob", 1, changePhoto},               // large values
	}
}

// newDeck is one deck of cards, as far as the database and the options allow.
func newDeck(w *world, opts LoadOptions) []operation {
	var deck []operation
	for _, op := range operations() {
		noLedger := !w.shape.ledger && (op.name == "ledger" || op.name == "change_ledger")
		noBlob := opts.BlobBytes <= 0 && op.name == "blob"
		if noLedger || noBlob || slices.Contains(opts.Without, op.name) {
			continue
		}
		deck = append(deck, slices.Repeat([]operation{op}, op.weight)...)
	}
	return deck
}
