package courier

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

func (w row) shipments(from, to int) {
	for k := from; k < to; k++ {
		s := w.facts.shipment(k)
		created := w.facts.createdAt(k)
		kanji, _, _ := person(w.rng)
		w.row()
		w.int(k)
		w.str(seedTracking(k))
		w.int(s.customer)
		w.shipmentDriver(k, s)
		w.str(depotCode(s.depot))
		if k > 100 && k%50 == 0 {
			w.int(k - 1 - w.rng.IntN(99))
		} else {
			w.null()
		}
		w.str(shipmentStatus[s.status])
		w.int(subset(w.rng, 4))
		w.str(kanji)
		w.str(pick(w.rng, cities[:]).kanji + pick(w.rng, streets[:]) + strconv.Itoa(1+w.rng.IntN(20)))
		w.decimal(w.rng.Int64N(30_000)+1, 3)
		w.decimal(w.rng.Int64N(1_000_000_0000), 4)
		w.int(s.legs)
		w.details(k)
		w.time(created)
		if shipmentStatus[s.status] == "delivered" {
			w.time(created.Add(time.Duration(w.rng.Int64N(int64(72*time.Hour))) / 1000 * 1000))
		} else {
			w.null()
		}
		w.time(created.Truncate(time.Millisecond))
	}
}

// details is JSON; where the server has the type, one row in eight holds
// values that JSON text cannot express: decimals, dates, times, bytes.
func (w row) details(k int) {
	text := fmt.Sprintf(`{"parcels": [{"cm": [%d, %d, %d], "kg": %.3f}], "remark": %s, "express": %t}`,
		5+w.rng.IntN(90), 5+w.rng.IntN(90), 1+w.rng.IntN(60), w.rng.Float64()*20, strconv.Quote(pick(w.rng, remarks[:4])), k%3 == 0)
	price, promised := w.rng.Int64N(1_000_000), at(w.rng.IntN(1e7), w.rng.IntN(1e6))
	switch {
	case k%16 == 5:
		w.null()
	case !w.dialect.JSON || k%8 != 0:
		w.str(text)
	default:
		w.buf = append(w.buf, "JSON_SET("...)
		w.str(text)
		w.buf = append(w.buf, opaqueJSON(price, promised)...)
		w.buf = append(w.buf, ')', ',')
	}
}

// opaqueJSON is the rest of a JSON_SET that adds values of SQL types.
func opaqueJSON(price int64, promised time.Time) string {
	return fmt.Sprintf(`'$.price', CAST('%s' AS DECIMAL(20,4)), '$.promised', CAST('%s' AS DATETIME(6)), `+
		`'$.day', CAST('%s' AS DATE), '$.window', CAST('%s' AS TIME(3)), '$.stamp', CAST(X'00FF10' AS BINARY)`,
		appendDecimal(nil, price, 4), promised.Format(timeLayout), promised.Format(time.DateOnly), promised.Format("15:04:05.000"))
}

func (w row) shipmentDriver(k int, s shipment) {
	if s.status == 0 {
		w.null() // not given to anybody yet
		return
	}
	id := w.facts.driverID(s.driver)
	w.bin(id[:])
}

func (w row) legs(from, to int) {
	for k := from; k < to; k++ {
		s := w.facts.shipment(k)
		for leg := 1; leg <= s.legs; leg++ {
			w.row()
			w.int(k)
			w.int(leg)
			w.shipmentDriver(k, s)
			w.str(depotCode((s.depot + leg - 1) % w.facts.counts.depots))
			w.str(depotCode((s.depot + leg) % w.facts.counts.depots))
			w.int(1 + min(2, s.status))
			w.time(w.facts.createdAt(k).Add(time.Duration(leg) * 5 * time.Hour))
		}
	}
}

// scans have the ids 4k+leg, so that a part needs to know nothing of the others.
func (w row) scans(from, to int) {
	for k := from; k < to; k++ {
		s := w.facts.shipment(k)
		for leg := 1; leg <= s.legs; leg++ {
			w.row()
			w.int(4*k + leg)
			w.int(k)
			w.int(leg)
			w.str(depotCode((s.depot + leg) % w.facts.counts.depots))
			if leg > s.status {
				w.null()
			} else {
				w.time(w.facts.createdAt(k).Add(time.Duration(leg)*time.Hour + time.Duration(w.rng.IntN(1e6))*time.Microsecond))
			}
		}
	}
}

func (w row) incidents(from, to int) {
	for k := from; k < to; k++ {
		w.row()
		w.int(k)
		if k%10 == 0 {
			w.null()
		} else {
			w.int(1 + w.rng.IntN(w.facts.counts.shipments))
		}
		w.str(fmt.Sprintf("case-%08d", k))
		w.str(pick(w.rng, remarks[:]) + " / " + pick(w.rng, remarks[:]))
		w.int(w.rng.IntN(1 << 24))
		w.time(at(w.rng.IntN(86400*60), w.rng.IntN(1e6)))
		if k%4 == 0 {
			w.null()
		} else {
			w.str(pick(w.rng, familyNames[:]).kanji)
		}
	}
}

// positions are trips: runs of points of one driver, a few seconds apart.
func (w row) positions(from, to int) {
	const trip = 100
	for k := from; k < to; {
		driver := w.rng.IntN(w.facts.counts.drivers)
		id := w.facts.driverID(driver)
		c := cities[driver%len(cities)]
		lat, lon := int64(c.lat*1e6), int64(c.lon*1e6)
		when := at(w.rng.IntN(86400*90), w.rng.IntN(1e6))
		for end := min(k+trip, to); k < end; k++ {
			lat += w.rng.Int64N(400) - 200
			lon += w.rng.Int64N(400) - 200
			when = when.Add(time.Duration(1_000_000+w.rng.IntN(9_000_000)) * time.Microsecond)
			w.row()
			w.int(k)
			w.bin(id[:])
			if k%trip < 20 {
				w.null()
			} else {
				w.int(1 + k/25%w.facts.counts.shipments)
			}
			w.time(when)
			w.decimal(lat, 6)
			w.decimal(lon, 6)
			w.decimal(w.rng.Int64N(30_000), 3)
			if k%4 == 0 {
				w.null()
			} else {
				w.buf = append(strconv.AppendFloat(w.buf, w.rng.ExpFloat64()*5, 'e', -1, 64), ',')
			}
			w.int(w.rng.IntN(360) - 180)
			w.int(w.rng.IntN(256))
		}
	}
}

func (w row) audit(from, to int) {
	for k := from; k < to; k++ {
		created := w.facts.createdAt(k)
		actor, _, _ := person(w.rng)
		w.auditRow(k, "created", actor, created)
		if s := w.facts.shipment(k).status; s > 0 {
			w.auditRow(k, shipmentStatus[s], "", created.Add(time.Hour))
		}
	}
}

func (w row) auditRow(k int, action, actor string, when time.Time) {
	w.row()
	id := randomID(w.rng)
	w.bin(id[:])
	w.str("shipment")
	w.int(k)
	w.str(action)
	w.str(actor)
	if actor == "" {
		w.null()
	} else {
		w.str(`{"from": null, "to": "` + action + `", "n": ` + strconv.Itoa(k) + `}`)
	}
	w.time(when)
}

// createdAt spreads the shipments over a history of 90 days.
func (f facts) createdAt(k int) time.Time {
	span := 90 * 24 * time.Hour
	step := span / time.Duration(f.counts.shipments+1)
	return seedTime.Add(time.Duration(k)*step + time.Duration(f.hash(topicShipment, k)%1e6)*time.Microsecond).Truncate(time.Microsecond)
}

func seedTracking(k int) string { return fmt.Sprintf("JP%012dTD", k) }

// randomID is a random UUID as 16 bytes.
func randomID(r *rand.Rand) [16]byte {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], r.Uint64())
	binary.BigEndian.PutUint64(id[8:], r.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}
