package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tandem/internal/sandbox/courier"
	"tandem/internal/sandbox/sandboxtest"
)

// TestValidator lets the daemon compare what it applies: status tells how far
// that has come, and names rows that were changed on the target behind its back
// once they are touched again.
func TestValidator(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair(t)
	app := seedCourier(t, pair.Source, courier.Size(300))
	m := newMigration(t, pair, []string{courier.Database + ".*"})
	m.catchUp()
	m.start("verify").want(0)
	before := m.verified(t)
	if before == nil || before.Mismatches != 0 || before.Tables == 0 {
		t.Fatalf("after a full comparison the status says %+v", before)
	}

	r := m.start("replicate").streams()
	load := startLoad(t, app, courier.LoadOptions{TPS: 40, Workers: 2, Seed: 1})
	m.untilVerified(t, r, "the position of what is proven moves", func(v *verified) bool {
		return v.GTID != before.GTID && v.Mismatches == 0 && v.At.After(before.At)
	})
	load()

	// Somebody changes a row on the target. That is a breach, and no change of the
	// source; but when the source touches the row, it is seen to be another one.
	target, source := sandboxtest.RootDB(t, pair.Target, courier.Database), sandboxtest.RootDB(t, pair.Source, courier.Database)
	sandboxtest.Exec(t, target, "UPDATE accounts SET holder = 'nobody' WHERE id = 5")
	sandboxtest.Exec(t, source, "UPDATE accounts SET version = version + 1 WHERE id = 5")
	m.untilVerified(t, r, "the row differs", func(v *verified) bool { return v.Mismatches == 1 })
	sandboxtest.Exec(t, source, "UPDATE accounts SET holder = 'somebody' WHERE id = 5")
	m.untilVerified(t, r, "the row is equal again", func(v *verified) bool { return v.Mismatches == 0 })
	r.stop()
	if say := "rows differ between source and target"; !strings.Contains(r.stderr.String(), say) {
		t.Errorf("the daemon did not say %q", say)
	}
}

type verified struct {
	Tables              int
	GTID                string
	At                  time.Time
	Pending, Mismatches int64
}

func (m *migration) verified(t *testing.T) *verified {
	t.Helper()
	var status struct{ Verified *verified }
	r := m.start("status", "-o", "json").want(0)
	if err := json.Unmarshal(r.stdout.Bytes(), &status); err != nil {
		t.Fatalf("%v: %s", err, r.stdout.String())
	}
	return status.Verified
}

// untilVerified waits until the status is as it should be.
func (m *migration) untilVerified(t *testing.T, r *run, what string, ok func(*verified) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && r.running(); <-time.After(100 * time.Millisecond) {
		if v := m.verified(t); v != nil && ok(v) {
			return
		}
	}
	t.Fatalf("not in time: %s: %s", what, strings.TrimSpace(tail(r.stderr.String(), 3000)))
}
