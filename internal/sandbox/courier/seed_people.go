package courier

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// row is the pen with which the functions below write the rows of a table.
type row struct {
	*batch
	facts   facts
	dialect Dialect
	rng     *rand.Rand
}

func (w row) depots(from, to int) {
	shipments := make([]int, to)
	for k := 1; k <= w.facts.counts.shipments; k++ {
		if d := w.facts.shipment(k).depot; d < to {
			shipments[d]++
		}
	}
	for k := from; k < to; k++ {
		c := cities[k%len(cities)]
		w.row()
		w.str(depotCode(k))
		w.str(c.kanji + pick(w.rng, streets[:]) + "営業所")
		w.raw(fmt.Sprintf("ST_GeomFromText('POINT(%.6f %.6f)', 4326)", c.lat+w.rng.Float64()/10, c.lon+w.rng.Float64()/10))
		w.raw(fmt.Sprintf("'%02d:30:00'", 5+k%4))
		w.raw(fmt.Sprintf("'%d:59:59.999'", 23+k%12)) // the night shift closes after 24:00
		w.int(shipments[k])
	}
}

func (w row) customers(from, to int) {
	for k := from; k < to; k++ {
		kanji, kana, latin := person(w.rng)
		c := pick(w.rng, cities[:])
		address := c.kanji + pick(w.rng, streets[:]) + strconv.Itoa(1+w.rng.IntN(20)) + "-" + strconv.Itoa(1+w.rng.IntN(30))
		w.row()
		w.int(k)
		w.str(latin + "." + strconv.Itoa(k) + "@example.jp")
		w.str(kanji)
		w.str(kana)
		w.str(address + " " + pick(w.rng, remarks[:]))
		if w.rng.IntN(3) == 0 {
			w.null()
		} else {
			w.str(address)
		}
		if w.rng.IntN(3) == 0 {
			w.null()
		} else {
			w.str(pick(w.rng, legacyNotes[:]))
		}
		w.str(pick(w.rng, kinds[:]))
		w.int(subset(w.rng, 4))
		if w.rng.IntN(8) == 0 {
			w.null()
		} else {
			w.str(fmt.Sprintf(`{"language": %q, "big": %d, "ratio": %.17g, "whole": 1.0, "nested": {"z": [1, null, true, "ü"], "a": {}}}`,
				pick(w.rng, languages[:]), w.rng.Uint64(), w.rng.NormFloat64()))
		}
		w.decimal(w.rng.Int64N(1_000_000_00)-100_00, 2)
		if w.rng.IntN(4) == 0 {
			w.null()
		} else {
			w.date(seedTime.AddDate(-18-w.rng.IntN(60), -w.rng.IntN(12), -w.rng.IntN(28)))
		}
		created := at(w.rng.IntN(86400*30), w.rng.IntN(1e6))
		w.time(created)
		w.time(created.Truncate(1e6))
	}
}

func (w row) drivers(from, to int) {
	for k := from; k < to; k++ {
		id := w.facts.driverID(k)
		kanji, _, _ := person(w.rng)
		w.row()
		w.bin(id[:])
		w.str(fmt.Sprintf("+81-90-%04d-%04d", k/10000, k%10000))
		w.int(k + 1)
		w.str(kanji)
		w.str(pick(w.rng, vehicles[:]))
		w.abilities(k)
		w.rating(k)
		if k%9 == 0 {
			w.null()
		} else {
			w.raw(strconv.FormatFloat(w.rng.Float64()*1e6/3, 'g', -1, 64))
		}
		w.int(1990 + w.rng.IntN(35))
		w.raw(fmt.Sprintf("'%d:%02d:%02d.%03d'", w.rng.IntN(30)-4, w.rng.IntN(60), w.rng.IntN(60), w.rng.IntN(1000)))
		switch k % 10 {
		case 0:
			w.null()
		case 1:
			w.raw("'0000-00-00'")
		default:
			w.date(seedTime.AddDate(0, 0, w.rng.IntN(3000)))
		}
		if k%5 == 0 {
			w.bin(noise(w.rng, 2000+w.rng.IntN(6000)))
		} else {
			w.null()
		}
		w.int(min(k%11, 1))
	}
}

// abilities are 64 bits; in one row of seven the highest is set.
func (w row) abilities(k int) {
	bits := w.rng.Uint64() >> 1
	if k%7 == 0 {
		bits |= 1 << 63
	}
	w.raw("b'" + strconv.FormatUint(bits, 2) + "'")
}

// rating is a FLOAT, among them ones that the text protocol does not show.
func (w row) rating(k int) {
	switch k % 6 {
	case 0:
		w.null()
	case 1:
		w.raw("-0e0")
	case 2:
		w.raw("16777217e0")
	default:
		w.raw(strconv.FormatFloat(float64(math.Float32frombits(0x3f800000+w.rng.Uint32N(1<<24))), 'e', -1, 64))
	}
}

func (w row) vouchers(from, to int) {
	for k := from; k < to; k++ {
		w.row()
		w.str(voucherCode(k))
		w.int(w.rng.IntN(w.facts.counts.customers))
		w.decimal(int64(w.rng.IntN(100_00)), 2)
		w.int(w.rng.IntN(5))
		w.date(seedTime.AddDate(0, 0, w.rng.IntN(700)))
	}
}

// voucherCode mixes cases and scripts; no two are equal in any case.
func voucherCode(k int) string {
	words := [...]string{"Spring", "SUMMER", "Straße", "冬", "ťiger"}
	return words[k%len(words)] + "-" + strings.Repeat("0", k%3) + strconv.Itoa(k) + "x"
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 8 {
		v := r.Uint64()
		for j := i; j < min(i+8, n); j++ {
			b[j] = byte(v)
			v >>= 8
		}
	}
	return b
}
