// Package bank is an application that follows the owner of its tables: money
// that moves between accounts, from many connections at once, while its tables
// are handed over from one database to the other and back.
//
// It is the witness of handovers. What it knows it knows by itself: each
// transaction is made from a seed, a writer's number and a count, so from what
// was acknowledged it can say what every row must be, without asking anybody.
//
//	writer w ── transaction n ──► the side it believes in ── acknowledged ──► n+1
//	                 ▲                      │
//	                 │                      ├─ refused, denied, read only, gone:
//	                 │                      │     the same one on the other side
//	                 └── looked up ◄────────┴─ the answer to COMMIT was lost
//
// No writer goes on before it knows what has become of a transaction. So
// afterwards the ledger, which has no key, must hold each of them exactly once
// ([Bank.Check]); what is missing was lost, what is there twice was applied twice,
// and what is different was misplaced.
//
// The time in which nobody could write is measured where it is felt: from the
// last commit that was acknowledged on the old side to the first one on the new
// side, over all writers.
package bank
