package chaos

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
)

// The named points of the engine, in the order in which a migration comes to
// them.
var (
	preparePoints = []string{
		"prepare connect", "prepare check", "prepare take the lease", "prepare read the state", "prepare begin to stream",
	}
	copyPoints = []string{
		"copy begin", "copy after-select", "copy before-write", "copy mid-write", "copy before-commit", "copy after-commit",
	}
	// A copy comes to these a few times only.
	rarePoints  = []string{"copy snapshot", "copy index", "copy indexed"}
	applyPoints = []string{
		"lanes-before-commit", "lane-0-before-commit", "lane-1-before-commit", "lane-0-after-commit", "lane-1-after-commit",
		"before-commit", "after-commit",
	}
	statementPoints = []string{"statement-intent", "statement-done"}
)

// reverse names a point of the reverse link, which has the same ones.
func reverse(points []string) []string {
	var names []string
	for _, point := range points {
		names = append(names, "reverse "+point)
	}
	return names
}

func allPoints() []string {
	return slices.Concat(preparePoints, rarePoints, reverse(preparePoints), copyPoints, applyPoints, statementPoints)
}

// times are the times at which a point is struck: the first, and a later one
// where there is time for it.
func times() []int {
	if os.Getenv("CHAOS_TIME") == "" {
		return []int{1}
	}
	return []int{1, 3}
}

// TestKilledAtEveryPoint kills the program with SIGKILL at each of its named
// points, at the first time and at a later one, while the application works. A
// point that nobody comes to, or that is missing above, fails the test.
func TestKilledAtEveryPoint(t *testing.T) {
	onlyInChaos(t)
	t.Parallel()
	pair := sandboxtest.Pair(t)
	seed(t, pair.Source, 400)
	m := newMigration(t, pair, "points", settings{databases: []string{courier.Database, torture}})
	trace := filepath.Join(m.dir, "trace")
	k := knobs{Trace: trace, Lanes: 2}
	app := startApplication(t, pair.Source, 1, 30)
	watch := m.watch()

	for _, point := range slices.Concat(preparePoints, rarePoints, reverse(preparePoints)) {
		m.dieAt(k, point, 1) // a life prepares once
	}
	for _, point := range copyPoints {
		for _, nth := range times() {
			m.dieAt(k, point, nth)
		}
	}
	m.catchUp(k)
	for _, point := range slices.Concat(applyPoints, statementPoints) {
		for _, nth := range times() {
			m.dieAt(k, point, nth)
		}
	}
	app.stop()
	executed := position(t, pair.Source)
	m.catchUp(k)
	watch.stop()
	m.requireInvariants(executed)

	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for point := range strings.Lines(string(text)) {
		if point = strings.TrimSpace(point); !slices.Contains(allPoints(), point) {
			t.Errorf("the program has a point %q, at which it was not killed", point)
		}
	}
}

// dieAt lets one life end at a point. What leads there is done meanwhile.
func (m *migration) dieAt(k knobs, point string, nth int) {
	m.t.Helper()
	k.Fault = strike{Point: point, Nth: nth, Do: "kill"}
	ctx, cancel := context.WithCancel(m.t.Context())
	var provoking sync.WaitGroup
	provoking.Go(func() { m.provoke(ctx, point) })
	defer provoking.Wait()
	defer cancel()
	l := m.replicate(k)
	select {
	case <-l.ended:
	case <-time.After(patience / 2):
		l.kill()
		m.t.Fatalf("never came to %s: %s", k.Fault, l.said(4000))
	}
	if l.code() != killedBySignal {
		m.t.Fatalf("ended with code %d on the way to %s: %s", l.code(), k.Fault, l.said(4000))
	}
}

// provocations are what leads to points that a usual load does not come to:
// transactions wide enough for several lanes, so large that they come in parts,
// statements that change a table. They are done in turn, and undo each other.
func provocations(point string) []string {
	switch {
	case strings.HasPrefix(point, "lane"):
		return []string{"INSERT INTO kinds (tiny) SELECT 77 FROM kinds LIMIT 400", "DELETE FROM kinds WHERE tiny = 77"}
	case strings.HasPrefix(point, "before-"), strings.HasPrefix(point, "after-"):
		return []string{"INSERT INTO kinds (large) SELECT REPEAT('x', 600000) FROM kinds LIMIT 10", "DELETE FROM kinds WHERE LENGTH(large) = 600000"}
	case strings.HasPrefix(point, "statement"):
		return []string{"ALTER TABLE growing ADD COLUMN more int DEFAULT 5", "ALTER TABLE growing DROP COLUMN more"}
	}
	return nil
}

// provoke does so until ctx ends, and ends with everything undone.
func (m *migration) provoke(ctx context.Context, point string) {
	statements := provocations(point)
	if len(statements) == 0 {
		return
	}
	db := sandboxtest.DB(m.t, m.pair.Source, sandbox.UserTandem, torture)
	for n := 0; ctx.Err() == nil || n%len(statements) != 0; n++ {
		statement := statements[n%len(statements)]
		_, err := db.ExecContext(context.WithoutCancel(ctx), statement)
		for err != nil && courier.Classify(err) == courier.Deadlock {
			_, err = db.ExecContext(context.WithoutCancel(ctx), statement)
		}
		if err != nil {
			m.t.Errorf("%s: %v", statement, err)
			return
		}
		pause(ctx, 400*time.Millisecond)
	}
}
