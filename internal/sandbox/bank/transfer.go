package bank

import "math/rand/v2"

// transfer is a transaction of the bank.
type transfer struct {
	writer        int
	n             int64
	debit, credit int
	amount        int64
}

// transferOf makes the transaction n of a writer: the same for the same seed, so
// that Check can make it again.
func transferOf(seed uint64, accounts, writer int, n int64) transfer {
	r := rand.New(rand.NewPCG(seed, uint64(writer)<<40^uint64(n)))
	t := transfer{writer: writer, n: n, debit: r.IntN(accounts), amount: 1 + r.Int64N(1000)}
	t.credit = (t.debit + 1 + r.IntN(accounts-1)) % accounts
	return t
}
