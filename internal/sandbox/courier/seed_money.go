package courier

import (
	"strconv"
)

func (w row) payouts(from, to int) {
	months := w.facts.counts.payoutMonths
	for k := from; k < to; k++ {
		id := w.facts.driverID(k)
		for m := range months {
			amount := w.rng.Int64N(500_000_000_000)
			w.row()
			w.int(k*months + m + 1)
			w.bin(id[:])
			w.date(seedTime.AddDate(0, m, -5))
			w.decimal(amount, 6)
			w.decimal(amount/10*10_000+w.rng.Int64N(10_000), 10)
			w.str([...]string{"JPY", "JPY", "USD"}[k%3])
			w.int(0)
			if m == months-1 {
				w.null()
			} else {
				w.time(seedTime.AddDate(0, m+1, 0))
			}
		}
	}
}

// accounts is one part: a balance needs all transfers.
func (w row) accounts(from, to int) {
	balance := make([]int64, to)
	for k := range balance {
		balance[k] = openingBalance
	}
	for k := 1; k <= w.facts.counts.transfers; k++ {
		from, to, amount := w.facts.transfer(k)
		balance[from] -= amount
		balance[to] += amount
	}
	for k := from; k < to; k++ {
		name, _, _ := person(w.rng)
		w.row()
		w.int(k)
		w.str(name)
		w.decimal(openingBalance, 4)
		w.decimal(balance[k], 4)
		w.int(0)
	}
}

func (w row) transfers(from, to int) {
	for k := from; k < to; k++ {
		source, target, amount := w.facts.transfer(k)
		w.row()
		w.int(k)
		w.int(source)
		w.int(target)
		w.decimal(amount, 4)
		w.time(at(k, w.rng.IntN(1e6)))
	}
}

func (w row) ledger(from, to int) {
	for k := from; k < to; k++ {
		source, _, amount := w.facts.transfer(k)
		w.row()
		w.int(0)
		w.int(k)
		if k%7 == 0 {
			w.null()
			w.null()
		} else {
			w.int(source)
			w.decimal(-amount, 4)
		}
		w.str("seed")
	}
}

func (w row) lockers(from, to int) {
	for k := from; k < to; k++ {
		w.row()
		w.int(k)
		w.str(depotCode(k % w.facts.counts.depots))
		if k%2 == 1 && k/2 < w.facts.counts.codes {
			w.str(lockerCode(k / 2))
		} else {
			w.null()
		}
		w.int(0)
	}
}

func lockerCode(k int) string { return "é" + strconv.FormatInt(int64(k)+36*36, 36) }

func (w row) counters(int, int) {
	for _, c := range []struct {
		name  string
		value int
	}{
		{counterShipments, w.facts.counts.shipments},
		{counterTransfers, w.facts.counts.transfers},
		{counterLedger, w.facts.counts.transfers},
		{counterRuns, 0},
	} {
		w.row()
		w.str(c.name)
		w.int(c.value)
	}
}

// The rows of counters. counterRuns counts the runs of the load, whose numbers
// make what they write unique.
const (
	counterShipments = "shipments"
	counterTransfers = "transfers"
	counterLedger    = "ledger"
	counterRuns      = "load runs"
)

func (w row) settings(int, int) {
	c := w.facts.counts
	for _, s := range [][2]string{
		{settingBank, string(appendDecimal(nil, int64(c.accounts)*openingBalance, 4))},
		{settingCodes, strconv.Itoa(c.codes)},
		{settingShipments, strconv.Itoa(c.shipments)},
	} {
		w.row()
		w.str(s[0])
		w.str(s[1])
	}
}

// The rows of settings.
const (
	settingBank      = "bank total"
	settingCodes     = "locker codes"
	settingShipments = "seeded shipments"
)

func (w row) reportDaily(from, to int) {
	for k := from; k < to; k++ {
		w.row()
		w.date(seedTime.AddDate(0, 0, k/w.facts.counts.depots))
		w.str(depotCode(k % w.facts.counts.depots))
		w.int(w.rng.IntN(500))
		w.decimal(w.rng.Int64N(1e15), 2)
		if k%3 == 0 {
			w.null()
		} else {
			w.str(pick(w.rng, remarks[:]))
		}
	}
}

func (w row) reportDrivers(from, to int) {
	for k := from; k < to; k++ {
		id := w.facts.driverID(k)
		for m := range w.facts.counts.reportMons {
			w.row()
			w.bin(id[:])
			w.date(seedTime.AddDate(0, m, -5))
			w.int(w.rng.IntN(300))
			w.raw(strconv.FormatFloat(w.rng.Float64()*1e5/7, 'g', -1, 64))
			if k%2 == 0 {
				w.null()
			} else {
				w.date(seedTime.AddDate(0, m, w.rng.IntN(28)))
			}
		}
	}
}
