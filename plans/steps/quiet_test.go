package steps

import (
	"context"
	"strings"
	"testing"
	"time"

	"tandem/internal/guard"
	"tandem/internal/ownership"
	"tandem/plans"
)

func TestQuiet(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*testing.T, plans.Terms) *bench{"current": shared, "5.6": shared56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := make(t, plans.Terms{})
			b.ownGroup()
			g := newQuiet(plans.Step{})
			b.holds(g)

			// A statement that waits for a table is in flight.
			holder, err := b.root.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := holder.Exec("SELECT * FROM " + b.schema + ".a"); err != nil {
				t.Fatal(err)
			}
			altered := b.later("/* why */ alter table " + b.schema + ".a ADD COLUMN w INT")
			if got := b.becomes(g, false); !strings.Contains(got.Says, "has been running ALTER on what may be "+b.schema+".a") {
				t.Errorf("says %q", got.Says)
			}
			holder.Rollback()
			<-altered
			b.becomes(g, true)

			// That of another table is nobody's business here.
			b.exec("CREATE TABLE " + b.schema + ".zzz (id INT)")
			holder, err = b.root.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer holder.Rollback()
			if _, err := holder.Exec("SELECT * FROM " + b.schema + ".zzz"); err != nil {
				t.Fatal(err)
			}
			altered = b.later("ALTER TABLE zzz ADD COLUMN w INT")
			for range 10 {
				b.holds(g)
				time.Sleep(20 * time.Millisecond)
			}
			holder.Rollback()
			<-altered

			b.exec("CREATE TABLE " + b.schema + "._b_gho (id INT PRIMARY KEY)")
			if got := b.waits(g); !strings.Contains(got.Says, "an online schema change of "+b.schema+".b is under way") {
				t.Errorf("says %q", got.Says)
			}
			b.exec("DROP TABLE " + b.schema + "._b_gho")
			b.holds(g)
		})
	}
}

// later runs a statement in a session of its own, and closes the channel when it
// has ended.
func (b *bench) later(statement string) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := b.root.Conn(context.Background())
		if err != nil {
			b.t.Error(err)
			return
		}
		defer conn.Close()
		if _, err := conn.ExecContext(context.Background(), "USE "+b.schema); err != nil {
			b.t.Error(err)
		}
		if _, err := conn.ExecContext(context.Background(), statement); err != nil {
			b.t.Errorf("%s: %v", statement, err)
		}
	}()
	return done
}

// ownGroup makes the source the owner of the group, on both sides.
func (b *bench) ownGroup() {
	b.t.Helper()
	for _, side := range []ownership.Side{ownership.Source, ownership.Target} {
		for _, s := range ownership.Tables {
			if _, err := b.run.DB(side).ExecContext(b.t.Context(), s); err != nil {
				b.t.Fatal(err)
			}
		}
		if err := ownership.Begin(b.t.Context(), b.run.DB(side), b.run.Migration, []string{"g"}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// Guards that go away while other gates are waited for are missed.
func TestQuietWatchesGuards(t *testing.T) {
	t.Parallel()
	b := shared(t, plans.Terms{})
	b.ownGroup()
	b.execOn(ownership.Target, "CREATE DATABASE "+b.schema, "CREATE TABLE "+b.schema+".a (id INT PRIMARY KEY, v INT)", "CREATE TABLE "+b.schema+".b (id INT PRIMARY KEY, v INT)")
	for _, side := range []ownership.Side{ownership.Source, ownership.Target} {
		if _, err := guard.Arm(t.Context(), b.run.DB(side), guard.Options{Migration: b.run.Migration, Side: side, Group: "g", Tables: b.tables}); err != nil {
			t.Fatal(err)
		}
	}
	g := newQuiet(plans.Step{})
	b.holds(g)
	// As a schema change tool swaps a table.
	b.exec("CREATE TABLE "+b.schema+".fresh LIKE "+b.schema+".a", "RENAME TABLE "+b.schema+".a TO "+b.schema+".away, "+b.schema+".fresh TO "+b.schema+".a")
	time.Sleep(fenceEvery)
	if got := b.waits(g); !strings.Contains(got.Says, "3 guards are gone, such as that on "+b.schema+".a of the source") {
		t.Errorf("says %q", got.Says)
	}
}

func (b *bench) execOn(side ownership.Side, statements ...string) {
	b.t.Helper()
	for _, s := range statements {
		if _, err := b.run.DB(side).ExecContext(b.t.Context(), s); err != nil {
			b.t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"alter table a add b int": true, "alter table `a` add b int": true, "drop table shop.a": true, "drop table a,b": true,
		"alter table aa add b int": false, "alter table _a_gho engine=innodb": false, "truncate ä": false, "drop table a$": false, "": false, "ab a": true,
	} {
		if got := names([]byte(text), "a"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestReverse(t *testing.T) {
	t.Parallel()
	b := shared(t, plans.Terms{})
	b.ownGroup()
	g := newReverse(plans.Step{Spec: &plans.ReverseGate{Canary: true, Below: plans.Duration(5 * time.Second)}})
	// No link carries anything.
	if got := b.waits(g); !strings.Contains(got.Says, "on its way for") {
		t.Errorf("says %q", got.Says)
	}
	ctx, stop := context.WithCancel(t.Context())
	carried := make(chan struct{})
	go func() {
		defer close(carried)
		b.carry(ctx)
	}()
	if got := b.becomes(g, true); !strings.Contains(got.Says, "there and back in") {
		t.Errorf("says %q", got.Says)
	}
	// A canary that came back once does not count for ever.
	stop()
	<-carried
	b.becomes(g, false)
	// Not one for every look.
	var sent int
	if err := b.root.QueryRow("SELECT COUNT(*) FROM _tandem.signal WHERE migration = '" + b.schema + "'").Scan(&sent); err != nil {
		t.Fatal(err)
	}
	if sent > 15 {
		t.Errorf("%d canaries were sent", sent)
	}
	slow := newReverse(plans.Step{Spec: &plans.ReverseGate{Canary: true, Below: 1}})
	ctx, stop = context.WithCancel(t.Context())
	defer stop()
	go b.carry(ctx)
	b.waits(slow)
	if got := b.check(slow); got.Holds || !strings.Contains(got.Says, "must be below 1ns") && !strings.Contains(got.Says, "on its way") {
		t.Errorf("holds: %v, says %q", got.Holds, got.Says)
	}
}

// carry does what both links do with a canary of the source.
func (b *bench) carry(ctx context.Context) {
	db := b.run.DB(ownership.Source)
	for ctx.Err() == nil {
		_, err := db.ExecContext(ctx, "INSERT IGNORE INTO _tandem.signal_seen (link, id) SELECT CONCAT(migration, '/reverse'), id FROM _tandem.signal WHERE migration = ? AND origin = 'source' AND kind = 'canary'", b.run.Migration)
		if err != nil && ctx.Err() == nil {
			b.t.Error(err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}
