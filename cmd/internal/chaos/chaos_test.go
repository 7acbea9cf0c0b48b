package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"tandem/replicate/applier"
)

// mistakeVariable names a mistake that the program is to make; see mistakes_test.go.
const mistakeVariable = "CHAOS_MISTAKE"

// roundTime is how long things break in a round.
const roundTime = 25 * time.Second

// TestChaos runs rounds of faults until CHAOS_TIME is over, one at least. SEED
// replays the one round that printed it.
func TestChaos(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	if os.Getenv("CHAOS_TIME") == "" && os.Getenv("SEED") == "" {
		t.Skip("skipped: rounds of random faults; make chaos runs them")
	}
	total, err := time.ParseDuration(environment("CHAOS_TIME", "20s"))
	if err != nil {
		t.Fatalf("CHAOS_TIME: %v", err)
	}
	if os.Getenv("SEED") != "" {
		chaosRound(t, seedOfRun(t), min(total, roundTime))
		return
	}
	for began := time.Now(); !t.Failed(); {
		chaosRound(t, rand.Uint64(), min(total, roundTime))
		if time.Since(began)+roundTime/2 > total {
			return
		}
	}
}

func chaosRound(t *testing.T, seedOf uint64, duration time.Duration) {
	t.Run(fmt.Sprintf("SEED=%d", seedOf), func(t *testing.T) {
		t.Logf("replay with: make chaos SEED=%d", seedOf)
		r := newRound(t, seedOf, applier.Mistake(os.Getenv(mistakeVariable)))
		r.run(context.WithoutCancel(t.Context()), duration)
	})
}

// seedOfRun is SEED, or a new one, which it prints.
func seedOfRun(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("SEED")
	if text == "" {
		n := rand.Uint64()
		t.Logf("SEED=%d", n)
		return n
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("SEED: %v", err)
	}
	return n
}
