package cli

import (
	"fmt"
	"slices"
	"testing"

	"tandem/internal/preflight"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate"
	"tandem/replicate/applier"
)

// TestPreflightOfARunningMigration: where the links go on is read on both sides, on
// the oldest version, too.
func TestPreflightOfARunningMigration(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Pair56(t)
	sandboxtest.Exec(t, sandboxtest.RootDB(t, pair.Source, ""), "CREATE DATABASE shop", "CREATE TABLE shop.item (id int PRIMARY KEY) ENGINE=InnoDB")
	config := fmt.Sprintf(`version: 1
migration: shop
source: {host: 127.0.0.1, port: %d, user: %s, password: {file: %s}}
target: {host: 127.0.0.1, port: %d, user: %[2]s, password: {file: %[5]s}}
tables: {include: ["shop.*"]}
`, pair.Source.Port, sandbox.UserTandem, passwordFile(t, pair.Source), pair.Target.Port, passwordFile(t, pair.Target))
	resume := func() []string {
		t.Helper()
		r, said, code := preflightOn(t, Process{}, config, "--only", "resume-source,resume-target,target-empty,stream-source,stream-target")
		if r.Version == 0 {
			t.Fatalf("exit %d: %s", code, said)
		}
		return findingsOf(r, preflight.Severities()...)
	}
	if got := resume(); !slices.Equal(got, []string{"n/a source resume-source", "n/a target resume-target"}) {
		t.Errorf("before it begins: %q", got)
	}
	// Of both links a checkpoint: of the forward one before everything, of the
	// reverse one with what the target never had.
	for i, s := range []*sandbox.Server{pair.Target, pair.Source} {
		db := sandboxtest.RootDB(t, s, "")
		sandboxtest.Exec(t, db, "CREATE DATABASE _tandem")
		for _, table := range applier.Tables {
			sandboxtest.Exec(t, db, table)
		}
		link := replicate.Config{Migration: "shop", Direction: []replicate.Direction{replicate.Forward, replicate.Reverse}[i]}
		sandboxtest.Exec(t, db, fmt.Sprintf("INSERT INTO _tandem.checkpoint (link, lane, lanes, epoch, seq, base, position, binlog_file, binlog_pos) "+
			"VALUES ('%s', 0, 1, 1, 1, '', '%s', '', 0)", link.Name(), []string{"", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"}[i]))
	}
	got := resume()
	for _, want := range []string{"n/a target target-empty", "block target resume-target", "warn target stream-target"} {
		if !slices.Contains(got, want) {
			t.Errorf("once it has begun: %q, not %s", got, want)
		}
	}
	if slices.Contains(got, "block source resume-source") || slices.Contains(got, "block source stream-source") {
		t.Errorf("nothing is purged on the source: %q", got)
	}
}
