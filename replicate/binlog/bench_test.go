package binlog

import (
	"bytes"
	"testing"
)

// BenchmarkNext reads transactions of one updated and one inserted row of
// twelve columns, from the queue to the finished transaction.
func BenchmarkNext(b *testing.B) { benchmarkNext(b, 1) }

// BenchmarkNextBulk does the same with a hundred of each.
func BenchmarkNextBulk(b *testing.B) { benchmarkNext(b, 100) }

func benchmarkNext(b *testing.B, rows int) {
	m := madeOrders(64, rows)
	size := 0
	for _, e := range m.events {
		size += len(e)
	}
	r := m.reader(orders())
	if err := drain(r); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size) / 64)
	b.ReportAllocs()
	b.ResetTimer()
	images := 0
	for n := 0; n < b.N; n += 64 {
		b.StopTimer()
		m.feed(r)
		b.StartTimer()
		for i := 0; i < 64; {
			tx, err := r.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if !tx.GTID.IsZero() {
				i++
			}
			images += len(tx.Rows) + len(tx.Rows)/2
			tx.Release()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(images), "ns/image")
}

func drain(r *Reader) error {
	for r.Buffered() {
		tx, err := r.Next(ended())
		if err != nil {
			return err
		}
		tx.Release()
	}
	return nil
}

// BenchmarkJSON decodes a nested document.
func BenchmarkJSON(b *testing.B) {
	doc := ordersRow(1)
	doc = doc[bytes.Index(doc, []byte{jsonSmallObject, 1, 0, 14}):][:15]
	var d jsonDecoder
	var a arena
	b.ReportAllocs()
	for range b.N {
		if _, err := d.decode(&a, doc); err != nil {
			b.Fatal(err)
		}
		a.reset()
	}
}
