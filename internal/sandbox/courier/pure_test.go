package courier

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDialectFor(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]Dialect{
		"5.6.24-log":              {Collation: "utf8mb4_unicode_ci"},
		"5.7.44":                  {JSON: true, Generated: true, Collation: "utf8mb4_unicode_ci"},
		"8.0.11":                  {JSON: true, Generated: true, Collation: "utf8mb4_0900_ai_ci"},
		"8.0.36-google":           {JSON: true, Generated: true, FunctionalKeys: true, Invisible: true, Collation: "utf8mb4_0900_ai_ci"},
		"9.7.4-2":                 {JSON: true, Generated: true, FunctionalKeys: true, Invisible: true, Collation: "utf8mb4_0900_ai_ci"},
		"5.7.12-aurora-mysql.2.0": {JSON: true, Generated: true, Collation: "utf8mb4_unicode_ci"},
	} {
		got, err := dialectFor(version)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", version, err, diff)
		}
	}
	for _, version := range []string{"", "8", "8.0", "a.b.c", "8.0.100"} {
		if d, err := dialectFor(version); err == nil {
			t.Errorf("%q was accepted as %+v", version, d)
		}
	}
}

func TestAppendDecimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units, scale := rapid.Int64Min(-1<<62).Draw(t, "units"), rapid.IntRange(0, 12).Draw(t, "scale")
		text := string(appendDecimal(nil, units, scale))
		got, ok := new(big.Rat).SetString(text)
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
		if !ok || got.Cmp(new(big.Rat).SetFrac(big.NewInt(units), power)) != 0 {
			t.Fatalf("%d units of 10^-%d became %q", units, scale, text)
		}
	})
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.SliceOfN(rapid.IntRange(1, 3_000_000_000), 1, 200).Draw(t, "microseconds")
		q := rapid.Float64Range(0.01, 1).Draw(t, "quantile")
		var h histogram
		for _, us := range micros {
			h.add(time.Duration(us) * time.Microsecond)
		}
		slices.Sort(micros)
		rank := int(float64(len(micros))*q+0.999999999) - 1
		want := float64(micros[min(max(rank, 0), len(micros)-1)])
		if got := float64(h.quantile(q)) / 1e3; got < want*0.999 || got > want*1.07+1 {
			t.Fatalf("quantile %v of %v is %v, said was %v", q, micros, want, got)
		}
	})
	if got := new(histogram).quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	r := newRecorder(start)
	r.end("transfer", true, at(0), at(0), at(10))
	r.end("transfer", false, at(10), at(20), at(400))
	r.failed(Deadlock)
	s := r.snapshot(at(1000))
	want := LoadStats{
		Elapsed: time.Second, Committed: 1, RolledBack: 1, TPS: 2, Recent: 2,
		Operations: map[string]int64{"transfer": 2}, Errors: map[ErrorClass]int64{Deadlock: 1},
		P50: s.P50, P99: 390 * time.Millisecond, Max: 390 * time.Millisecond,
		LongestGap: 600 * time.Millisecond, Behind: 10 * time.Millisecond,
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if s.P50 < 10*time.Millisecond || s.P50 > 11*time.Millisecond {
		t.Errorf("median %v of 10 and 390 ms", s.P50)
	}
	if s := r.snapshot(at(2000)); s.Recent != 0 || s.TPS != 1 {
		t.Errorf("a second without any: %+v", s)
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want ErrorClass
	}{
		{&mysql.MySQLError{Number: 1213}, Deadlock},
		{fmt.Errorf("commit: %w", &mysql.MySQLError{Number: 1205}), LockWait},
		{&mysql.MySQLError{Number: 1062}, Duplicate},
		{&mysql.MySQLError{Number: 1452}, ForeignKey},
		{&mysql.MySQLError{Number: 1644}, Refused},
		{&mysql.MySQLError{Number: 3118}, Denied},
		{&mysql.MySQLError{Number: 1064}, Other},
		{mysql.ErrInvalidConn, Connection},
		{driver.ErrBadConn, Connection},
		{io.ErrUnexpectedEOF, Connection},
		{context.Canceled, Other},
		{context.DeadlineExceeded, Other},
		{errors.New("?"), Other},
	} {
		if got := Classify(c.err); got != c.want {
			t.Errorf("%v is %q instead of %q", c.err, got, c.want)
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	f := facts{seed: 1, counts: Size(500).counts()}
	drivers := map[[16]byte]bool{}
	for k := range f.counts.drivers {
		drivers[f.driverID(k)] = true
	}
	if len(drivers) != f.counts.drivers {
		t.Errorf("%d drivers have %d ids", f.counts.drivers, len(drivers))
	}
	for k := 1; k <= 500; k++ {
		s := f.shipment(k)
		if s.depot >= f.counts.depots || s.driver >= f.counts.drivers || s.customer >= f.counts.customers || s.legs < 1 || s.legs > 3 {
			t.Errorf("shipment %d is %+v", k, s)
		}
		from, to, amount := f.transfer(k)
		if from == to || from >= f.counts.accounts || to >= f.counts.accounts || amount <= 0 {
			t.Errorf("transfer %d goes from %d to %d: %d", k, from, to, amount)
		}
	}
}
