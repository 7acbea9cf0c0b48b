package binlog

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"
)

// TestMutatedStreams changes bytes of good events, with checksums that fit
// again: reading must end with an error or without, never with a panic, and
// never go on for ever.
func TestMutatedStreams(t *testing.T) {
	t.Parallel()
	good := madeOrders(2, 3)
	good.gtid()
	good.query("shop", "CREATE TABLE `orders2` (id INT) START TRANSACTION")
	good.gtid()
	good.add(replication.TRANSACTION_PAYLOAD_EVENT, append([]byte{2, 1, 0xff, 0}, bytes.Join(madeOrders(1, 1).events[3:], nil)...))
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		m := &madeStream{}
		for _, e := range good.events {
			e = bytes.Clone(e)
			body := len(e) - checksumSize
			for range r.IntN(3) * r.IntN(2) {
				if i := r.IntN(body); i < 9 || i >= 13 {
					e[i] = byte(r.Uint32())
				}
			}
			binary.LittleEndian.PutUint32(e[body:], crc32.ChecksumIEEE(e[:body]))
			if r.IntN(50) > 0 {
				m.events = append(m.events, e)
			}
		}
		if err := readAll(m.reader(orders())); err == nil {
			t.Fatal("no error at the end")
		}
	}
}
