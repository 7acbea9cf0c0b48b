package main

import (
	"regexp"
	"strings"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestTypesRefused runs every case of the type table that can not be moved
// exactly, each in a migration of its own. tandem must stop and say why, and
// the target must hold everything before that and nothing of it.
func TestTypesRefused(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"9.7", "5.6"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			start := sandboxtest.Pair
			if version == "5.6" {
				start = sandboxtest.Pair56
			}
			pair := start(t)
			for _, c := range loadCases(t) {
				if c.expect == arrivesEqual || !c.runsOn(version) || !chosen(c) {
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					prepareCase(t, pair.Source, c, "r_")
					m := newMigration(t, pair, []string{"r_" + c.name + "*.*"})
					if c.expect == refusedAtStart {
						refuseAtStart(t, pair, m, c)
					} else {
						refuseAtEvent(t, pair, m, c)
					}
				})
			}
		})
	}
}

func refuseAtStart(t *testing.T, pair *sandbox.Pair, m *migration, c typeCase) {
	before := position(t, pair.Target)
	r := m.start("replicate", "--until", "caught-up").want(1)
	saysWhy(t, r, c)
	if after := position(t, pair.Target); after != before {
		t.Errorf("the target was written to: it was at %s and is at %s", before, after)
	}
}

// globalTransaction is how messages name a transaction.
var globalTransaction = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:([a-z_]\w*:)?\d+`)

func refuseAtEvent(t *testing.T, pair *sandbox.Pair, m *migration, c typeCase) {
	database := "r_" + c.name
	m.catchUp()
	r := m.start("replicate").streams()
	if err := runSteps(t.Context(), pair.Source, database, c.during); err != nil {
		t.Fatal(err)
	}
	equal(t, pair, database)
	before := dump(t, pair.Target, database)
	if err := runSteps(t.Context(), pair.Source, database, c.refused); err != nil {
		t.Fatal(err)
	}
	r.want(1)
	saysWhy(t, r, c)
	if !globalTransaction.MatchString(r.stderr.String()) {
		t.Errorf("the message names no transaction: %s", r.stderr.String())
	}
	if after := dump(t, pair.Target, database); after != before {
		t.Errorf("something of what was refused has been applied: the target was\n%s\nand is\n%s", before, after)
	}
	// Trying again must not get past it either.
	saysWhy(t, m.start("replicate").want(1), c)
	if after := dump(t, pair.Target, database); after != before {
		t.Errorf("something was applied the second time: the target was\n%s\nand is\n%s", before, after)
	}
}

func saysWhy(t *testing.T, r *run, c typeCase) {
	t.Helper()
	message := r.stderr.String()
	for _, part := range []string{"r_" + c.name, c.refusal} {
		if !strings.Contains(strings.ToLower(message), strings.ToLower(part)) {
			t.Errorf("the message does not say %q: %s", part, message)
		}
	}
}

// dump is everything in a database, as MySQL's own program tells it.
func dump(t *testing.T, server *sandbox.Server, database string) string {
	t.Helper()
	command, err := server.Dump(t.Context(), "--skip-comments", "--set-gtid-purged=OFF", "--skip-extended-insert", "--order-by-primary", "--hex-blob", "--databases", database)
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.Output()
	if err != nil {
		t.Fatalf("dump %s: %v", database, err)
	}
	return string(out)
}
