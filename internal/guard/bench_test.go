package guard_test

import (
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
		result := map[string][]float64{}
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
				result[v] = append(result[v], saturate(t, s, writers, length))
			}
		}
		for _, v := range variants {
			slices.Sort(result[v])
			slices.Sort(result["none"])
			m, n := result[v][len(result[v])/2], result["none"][len(result["none"])/2]
			t.Logf("%d writers, %-10s %6.0f transactions/s  %+.1f %%  %v", writers, v, m, 100*(m-n)/n, result[v])
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
func saturate(t *testing.T, s *side, writers int, length time.Duration) float64 {
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
	return float64(done.Load()) / length.Seconds()
}
