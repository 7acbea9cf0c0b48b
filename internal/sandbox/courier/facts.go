package courier

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"
)

// facts answers what is where in the seeded data without storing any of it:
// each answer is a pure function of the seed and a number. So tables that must
// agree (legs and leg_count, transfers and balances) can be filled side by
// side, in any order, by any number of workers.
type facts struct {
	seed   uint64
	counts counts
}

// seedTime is when the seeded history begins; openingBalance is in units of
// one ten-thousandth.
var seedTime = time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)

const openingBalance = 1_000_000_0000

// The topics keep the answers about different tables independent.
const (
	topicDriver = iota + 1
	topicShipment
	topicTransfer
	topicRows
)

// mix is the finaliser of splitmix64: it spreads every input bit.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

func (f facts) hash(topic, k int) uint64 {
	return mix(mix(f.seed^uint64(topic)<<56) ^ uint64(k))
}

// rng is the source of everything that no other table depends on: one for
// each run of rows, so that the division over workers does not matter.
func (f facts) rng(table string, part int) *rand.Rand {
	h := f.hash(topicRows, part)
	for _, c := range table {
		h = mix(h ^ uint64(c))
	}
	return rand.New(rand.NewPCG(h, mix(h)))
}

// driverID is the UUID of driver k. One in sixteen ends in a zero byte, which
// a binlog reader sees cut off.
func (f facts) driverID(k int) [16]byte {
	var id [16]byte
	h := f.hash(topicDriver, k)
	binary.BigEndian.PutUint64(id[:8], h)
	binary.BigEndian.PutUint64(id[8:], mix(h))
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	if k%16 == 0 {
		id[15] = 0
	}
	return id
}

// depotCode is the code of depot k, e.g. "TYO007".
func depotCode(k int) string {
	return fmt.Sprintf("%s%03d", cities[k%len(cities)].code, k)
}

// shipment is what other tables need to know about shipment k (from 1).
type shipment struct {
	depot, driver, customer int
	legs                    int
	status                  int // index into shipmentStatus
}

func (f facts) shipment(k int) shipment {
	h := f.hash(topicShipment, k)
	s := shipment{legs: 1 + int(h%3), status: int(h >> 8 % 4)}
	h = mix(h)
	// Squaring the fraction makes low numbers likelier: hot depots, busy drivers.
	s.depot = int(skewed(h) * float64(f.counts.depots))
	h = mix(h)
	s.driver = int(skewed(h) * float64(f.counts.drivers))
	h = mix(h)
	s.customer = int(h % uint64(f.counts.customers))
	return s
}

func skewed(h uint64) float64 {
	x := float64(h>>11) / (1 << 53)
	return x * x
}

// transfer is seeded transfer k (from 1). Amounts are in ten-thousandths.
func (f facts) transfer(k int) (from, to int, amount int64) {
	h := f.hash(topicTransfer, k)
	n := uint64(f.counts.accounts)
	from = int(h % n)
	to = int((h%n + 1 + (h>>20)%(n-1)) % n)
	return from, to, int64(mix(h)%100_0000) + 1
}

// at is a microsecond-exact instant of the seeded history.
func at(seconds int, micros int) time.Time {
	return seedTime.Add(time.Duration(seconds)*time.Second + time.Duration(micros)*time.Microsecond)
}
