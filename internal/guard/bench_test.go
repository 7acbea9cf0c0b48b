package guard_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tandem/internal/ownership"
	"tandem/internal/sandbox/sandboxtest"
)

// TestCost prints what armed guards cost writers that keep the server busy. It
// is run by hand: TANDEM_GUARD_COST=3s go test -run TestCost -v ./internal/guard
func TestCost(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("TANDEM_GUARD_COST"))
	if err != nil {
		t.Skip("set TANDEM_GUARD_COST to how long each measurement takes")
	}
	rounds, _ := strconv.Atoi(os.Getenv("TANDEM_GUARD_ROUNDS"))
	p := sandboxtest.Pair(t)
	s := newSide(t, ownership.Source, p.Source, "cost", "9.7")
	sandboxtest.Exec(t, s.root, "CREATE TABLE a (id int PRIMARY KEY, v int)", "CREATE TABLE l (id bigint AUTO_INCREMENT PRIMARY KEY, v int)")
	var rows []string
	for i := range 10000 {
		rows = append(rows, fmt.Sprintf("(%d,0)", i))
	}
	sandboxtest.Exec(t, s.root, "INSERT INTO a VALUES "+strings.Join(rows, ","))
	bodies := map[string]string{}
	for _, b := range strings.Split(os.Getenv("TANDEM_GUARD_BODIES"), "|") {
		if name, body, ok := strings.Cut(b, ":"); ok {
			bodies[name] = body
		}
	}
	variants := []string{"none", "armed"}
	for name := range bodies {
		variants = append(variants, name)
	}
	slices.Sort(variants[2:])
	for _, writers := range []int{8, 32} {
		result, burnt := map[string][]float64{}, map[string][]float64{}
		for range max(1, rounds) {
			for _, v := range variants {
				drop(t, s)
				switch {
				case v == "armed":
					s.arm(t, "a", "l")
				case v != "none":
					for _, table := range []string{"a", "l"} {
						for _, e := range []string{"INSERT", "UPDATE", "DELETE"} {
							sandboxtest.Exec(t, s.root, "CREATE TRIGGER _tandem_guard_"+table+e+" BEFORE "+e+" ON "+table+" FOR EACH ROW "+
								strings.NewReplacer("MIG", s.migration, "GRP", s.group).Replace(bodies[v]))
						}
					}
				}
				rate, cpu := saturate(t, s, writers, length)
				result[v], burnt[v] = append(result[v], rate), append(burnt[v], cpu)
			}
		}
		for _, v := range variants {
			m, n, c, b := median(result[v]), median(result["none"]), median(burnt[v]), median(burnt["none"])
			t.Logf("%d writers, %-10s %6.0f transactions/s (%+.1f %%), %4.0f µs of the server's CPU each (%+.1f %%)",
				writers, v, m, 100*(m-n)/n, c, 100*(c-b)/b)
		}
	}
}

func drop(t *testing.T, s *side) {
	for _, table := range []string{"a", "l"} {
		for _, e := range []string{"INSERT", "UPDATE", "DELETE"} {
			sandboxtest.Exec(t, s.root, "DROP TRIGGER IF EXISTS _tandem_guard_"+table+e)
		}
	}
	for _, g := range s.read(t, "a", "l") {
		sandboxtest.Exec(t, s.root, "DROP TRIGGER IF EXISTS "+g.Name)
	}
}

// saturate writes as fast as the server takes it: two updates and an insert to a
// transaction.
//
// The server's CPU time for a transaction says more than their rate where other
// work shares the machine.
func saturate(t *testing.T, s *side, writers int, length time.Duration) (rate, microseconds float64) {
	before := cpu(t, s)
	db := s.connect(t, "")
	defer db.Close()
	db.SetMaxIdleConns(writers)
	var done atomic.Int64
	var all sync.WaitGroup
	end := time.Now().Add(length)
	for w := range writers {
		all.Go(func() {
			for i := w; time.Now().Before(end); i += 7 {
				a, b := (i*31)%10000, (i*17+5)%10000
				if a > b {
					a, b = b, a
				}
				_, err := db.Exec(fmt.Sprintf("BEGIN; UPDATE a SET v=v+1 WHERE id=%d; UPDATE a SET v=v-1 WHERE id=%d; INSERT INTO l (v) VALUES (%d); COMMIT", a, b, i))
				if err != nil {
					t.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	n := float64(done.Load())
	return n / length.Seconds(), (cpu(t, s) - before).Seconds() * 1e6 / n
}

// cpu is the server's CPU time.
func cpu(t *testing.T, s *side) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.server.PID()))
	if err != nil {
		t.Skip(err)
	}
	// Behind the name in parentheses; clock ticks are hundredths.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
