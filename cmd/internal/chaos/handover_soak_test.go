package chaos

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tandem/internal/sandbox/bank"
)

// soakTPS is how many transactions a second fall due in the soak.
const soakTPS = 320

// TestHandovers hands over and back CHAOS_HANDOVERS times under load, and nothing
// dies: every row is where it belongs, nobody has written twice, and those that
// were undone were not felt.
func TestHandovers(t *testing.T) {
	text := os.Getenv("CHAOS_HANDOVERS")
	if text == "" {
		t.Skip("skipped: CHAOS_HANDOVERS=500 hands over and back so often")
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("CHAOS_HANDOVERS: %v", err)
	}
	w := newWorld(t, soakTPS)
	// The ledger has no key, so it would be compared as a whole each time.
	w.write("plan.yaml", strings.Replace(fmt.Sprintf(handoverPlan, pauseBudget), "parity: {within: 2h}, ", "", 1))
	var pauses []time.Duration
	failed, undone := map[bank.Class]int64{}, 0
	for i := range n {
		from, to := bothSides[i%2], bothSides[(i+1)%2]
		for _, p := range w.probes {
			p.mark()
		}
		w.bank.Mark()
		for tries := 1; ; tries++ {
			before := w.bank.Since().Failed()
			err := w.at(to)
			if err == nil {
				break
			}
			now, agreed := w.agreed()
			if agreed != nil || now.Owner != from || tries == 5 {
				t.Fatalf("handover %d to the %s: %v", i, to, err)
			}
			undone++
			if after := w.bank.Since().Failed(); after != before {
				t.Errorf("handover %d was undone, and the application has seen %d errors: %v", i, after-before, err)
			}
		}
		if err := w.writes(to); err != nil {
			t.Fatal(err)
		}
		if pause, ok := w.bank.Pause(string(to)); ok {
			pauses = append(pauses, pause)
		}
		if (i+1)%10 == 0 {
			t.Logf("%d of %d, undone %d, the longest pause %s", i+1, n, undone, slices.Max(pauses))
		}
		for class, count := range w.bank.Since().Errors {
			failed[class] += count
		}
		if err := both(w.probes[i%2], w.probes[(i+1)%2]); err != nil {
			t.Errorf("handover %d: %v", i, err)
		}
	}
	if err := w.books(); err != nil {
		t.Error(err)
	}
	if err := w.last(); err != nil {
		t.Error(err)
	}
	if n, err := w.breaches(); err != nil || n > 0 {
		t.Errorf("%d breaches are kept: %v", n, err)
	}
	committed, _ := w.bank.Total()
	slices.Sort(pauses)
	at := func(q float64) time.Duration {
		return pauses[min(int(q*float64(len(pauses))), len(pauses)-1)].Round(time.Millisecond)
	}
	t.Logf("%d handovers and rollbacks, %d undone and tried again; %d transactions; nobody could write for p50 %s, p99 %s, at most %s; what the application was told: %v",
		n, undone, committed, at(0.5), at(0.99), at(1), failed)
}
