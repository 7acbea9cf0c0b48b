package binlog

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"tandem/internal/sandbox"
)

// TestSpool reads slowly with next to no memory to buffer in: everything goes
// through the disk, and comes out in order. On a shared server other tests' events
// would be left over behind its own.
func TestSpool(t *testing.T) {
	t.Parallel()
	h := own(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(2000))")
	h.cfg.MemoryBudget = 64 << 10
	s := h.open()
	const transactions, rows = 200, 100
	insert := "INSERT INTO a (v) VALUES (REPEAT('v',1000))" + strings.Repeat(",(REPEAT('v',1000))", rows-1)
	for range transactions {
		h.exec(insert)
	}
	want := int64(transactions * rows * 1000)
	waitFor(t, func() bool { return s.r.Stats().SpooledTotal > want*9/10 })
	stats := s.r.Stats()
	if stats.Buffered > h.cfg.MemoryBudget+slabSize {
		t.Errorf("%d bytes are buffered in memory", stats.Buffered)
	}
	if files, _ := os.ReadDir(h.cfg.SpoolDir); len(files) != 0 {
		t.Errorf("%d files can be seen in the spool directory", len(files))
	}
	if !s.r.Buffered() {
		t.Error("nothing is buffered")
	}
	id := 0
	for id < transactions*rows {
		tx := s.next()
		for _, r := range tx.Rows {
			id++
			if string(r.After[0]) != fmt.Sprint(id) || len(r.After[1]) != 1000 || strings.Trim(string(r.After[1]), "v") != "" {
				t.Fatalf("row %d: %v", id, texts(r.After))
			}
		}
		tx.Release()
	}
	h.exec("INSERT INTO a VALUES (1000000,'last')")
	h.expectRows(t, s, "insert a →1000000,last")
	if left := s.r.Stats(); left.Spooled != 0 || left.Buffered != 0 {
		t.Errorf("left over: %+v", left)
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("waited too long")
		}
		runtime.Gosched()
		time.Sleep(5 * time.Millisecond)
	}
}

// TestSpoolFull ends with an error that says where there was no room.
func TestSpoolFull(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v LONGBLOB)")
	h.cfg.MemoryBudget = 1
	h.cfg.SpoolDir = h.cfg.SpoolDir + "/missing"
	s := h.open()
	h.exec("INSERT INTO a (v) VALUES (REPEAT('v',100000)),(REPEAT('v',1000000)),(REPEAT('v',1000000))")
	if err := s.failure(); !strings.Contains(err.Error(), "spool binlog events to "+h.cfg.SpoolDir) {
		t.Errorf("got %v", err)
	}
}

// TestLargeTransaction holds a small part of a large transaction at a time, and
// rows of tens of megabytes.
func TestLargeTransaction(t *testing.T) {
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v LONGBLOB)")
	h.cfg.MemoryBudget = 16 << 20
	s := h.open()
	const each = 1000
	small := "INSERT INTO a (v) VALUES (REPEAT('v',20000))" + strings.Repeat(",(REPEAT('v',20000))", each-1)
	statements := []string{"BEGIN"}
	for range 10 {
		statements = append(statements, small)
	}
	statements = append(statements, "INSERT INTO a (v) VALUES (REPEAT('w',34000000))", "UPDATE a SET v=REPEAT('u',30000000) WHERE id="+fmt.Sprint(10*each+1), "COMMIT")
	h.session(statements...)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	rows, parts, peak := 0, 0, uint64(0)
	for done := false; !done; {
		tx := s.next()
		parts++
		for _, r := range tx.Rows {
			rows++
			switch {
			case rows <= 10*each && len(r.After[1]) != 20000,
				rows == 10*each+1 && len(r.After[1]) != 34000000,
				rows == 10*each+2 && (len(r.Before[1]) != 34000000 || len(r.After[1]) != 30000000):
				t.Fatalf("row %d has %d bytes", rows, len(r.After[1]))
			}
		}
		done = tx.Last
		runtime.ReadMemStats(&now)
		peak = max(peak, now.HeapInuse)
		tx.Release()
	}
	if rows != 10*each+2 {
		t.Errorf("%d rows", rows)
	}
	if parts < 40 {
		t.Errorf("%d parts", parts)
	}
	t.Logf("%d parts, heap in use %d MB before, %d MB at most", parts, before.HeapInuse>>20, peak>>20)
	if peak > before.HeapInuse+170<<20 {
		t.Errorf("heap grew from %d to %d bytes", before.HeapInuse, peak)
	}
}

// TestLargeRowsLeftOut passes over rows of tens of megabytes that nobody wants,
// without reading them back from disk.
func TestLargeRowsLeftOut(t *testing.T) {
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY, v LONGBLOB)", "CREATE TABLE other (id INT PRIMARY KEY, v LONGBLOB)")
	s := h.open()
	h.exec("INSERT INTO other VALUES (1,REPEAT('o',40000000))", "INSERT INTO a VALUES (1,REPEAT('a',20000000))", "INSERT INTO a VALUES (2,'last')")
	waitFor(t, func() bool { return s.r.Stats().SpooledTotal > 60_000_000 })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tx := s.next()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 30_000_000 {
		t.Errorf("%d bytes were allocated to come by 40 MB that are left out and read 20 MB", n)
	}
	if len(tx.Rows) != 1 || strings.Trim(string(tx.Rows[0].After[1]), "a") != "" || len(tx.Rows[0].After[1]) != 20000000 {
		t.Error("the row of 20 MB is not what was written")
	}
	tx.Release()
	if !tx.Last {
		s.next().Release()
	}
	h.expectRows(t, s, "insert a →2,last")
	if left := s.r.Stats(); left.Spooled != 0 || left.Buffered != 0 {
		t.Errorf("left over: %+v", left)
	}
}
