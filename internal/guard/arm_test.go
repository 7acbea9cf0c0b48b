package guard_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/guard"
	"tandem/internal/ownership"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

func TestArmTwice(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		prepare(t, s)
		first := s.arm(t, "t")
		if again := s.arm(t, "t"); len(again.Created)+len(again.Replaced) != 0 {
			t.Errorf("armed twice: %+v", again)
		}
		// Half of it gone, as after a death in the middle.
		sandboxtest.Exec(t, s.root, "DROP TRIGGER "+first.Created[1].Name)
		if states := s.read(t, "t"); states.Armed() || len(states.In(guard.Missing)) != 1 {
			t.Errorf("read %+v", states)
		}
		if again := s.arm(t, "t", "free"); len(again.Created) != 4 {
			t.Errorf("armed the rest: %+v", again)
		}
		// Undoing takes what was made, and nothing else.
		if err := guard.Drop(t.Context(), s.tandem, first.Created, guard.DisarmOptions{}); err != nil {
			t.Fatal(err)
		}
		if states := s.read(t, "t", "free"); len(states.In(guard.Missing)) != 3 || len(states.In(guard.Present)) != 3 {
			t.Errorf("read %+v", states)
		}
		dropped, err := guard.Disarm(t.Context(), s.tandem, s.migration, []string{s.database}, guard.DisarmOptions{})
		if err != nil || len(dropped) != 3 {
			t.Errorf("disarmed %+v, %v", dropped, err)
		}
		var left []string
		for _, f := range triggers(t, s) {
			if strings.HasPrefix(f, "_tandem") {
				left = append(left, f)
			}
		}
		if left != nil {
			t.Errorf("left: %q", left)
		}
	})
}

// triggers lists a database's triggers in the order in which they fire.
func triggers(t *testing.T, s *side) (all []string) {
	t.Helper()
	rows, err := s.root.Query("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=? ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER", s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}

func TestGuardsComeFirst(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	s := newSide(t, ownership.Source, p.Source, p.Database, "9.7")
	sandboxtest.Exec(t, s.root, "CREATE TABLE t (id int)", "CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW SET NEW.id=1",
		"CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW SET NEW.id=2")
	a := s.arm(t, "t")
	want := []string{a.Created[0].Name, "z", "a", a.Created[1].Name, a.Created[2].Name}
	if diff := cmp.Diff(want, triggers(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestSlotTaken(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared56(t)
	s := newSide(t, ownership.Source, p.Source, p.Database, "5.6")
	sandboxtest.Exec(t, s.root, "CREATE TABLE t (id int)", "CREATE TRIGGER app BEFORE UPDATE ON t FOR EACH ROW SET NEW.id=1")
	a, err := guard.Arm(t.Context(), s.tandem, s.options("t"))
	if !errors.Is(err, guard.ErrSlotTaken) || !strings.Contains(err.Error(), "trigger app") || len(a.Created) != 1 {
		t.Errorf("armed %+v, %v", a, err)
	}
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "another fence") {
		t.Error("no hint")
	}
}

func TestOutdatedAndForeignGuards(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		sandboxtest.Exec(t, s.root, "CREATE TABLE t (id int)", "CREATE TABLE u (id int)")
		s.arm(t, "t")
		// The group has another name now.
		s.group = "other"
		if err := ownership.Begin(t.Context(), s.tandem, s.migration, []string{s.group}); err != nil {
			t.Fatal(err)
		}
		if states := s.read(t, "t"); len(states.In(guard.Outdated)) != 3 {
			t.Errorf("read %+v", states)
		}
		if a := s.arm(t, "t"); len(a.Replaced) != 3 || len(a.Created) != 0 {
			t.Errorf("armed %+v", a)
		}
		// Tables change places, as schema change tools do it: the names are in use
		// on a table that is nobody's any more.
		sandboxtest.Exec(t, s.root, "RENAME TABLE t TO t_old, u TO t")
		if states := s.read(t, "t"); len(states.In(guard.Missing)) != 3 {
			t.Errorf("read %+v", states)
		}
		if a := s.arm(t, "t"); len(a.Created) != 3 {
			t.Errorf("armed %+v", a)
		}
		if states := s.read(t, "t"); !states.Armed() || len(triggers(t, s)) != 3 {
			t.Errorf("read %+v, there are %q", states, triggers(t, s))
		}
		// Another migration keeps its hands off.
		other := *s
		other.migration += "_2"
		if err := ownership.Begin(t.Context(), s.tandem, other.migration, []string{s.group}); err != nil {
			t.Fatal(err)
		}
		states := other.read(t, "t")
		if len(states.In(guard.Foreign)) != 3 || states[0].Migration != s.migration {
			t.Errorf("read %+v", states)
		}
		_, err := guard.Arm(t.Context(), s.tandem, other.options("t"))
		if !errors.Is(err, guard.ErrForeign) || !strings.Contains(err.Error(), "migration "+s.migration) {
			t.Errorf("armed: %v", err)
		}
		if dropped, err := guard.Disarm(t.Context(), s.tandem, other.migration, []string{s.database}, guard.DisarmOptions{}); err != nil || len(dropped) != 0 {
			t.Errorf("disarmed %v, %v", dropped, err)
		}
	})
}

// A transaction that uses the table holds arming up, and nobody waits longer
// than an attempt behind it. Who is in the way is told.
func TestArmWaits(t *testing.T) {
	t.Parallel()
	servers := map[string]func(t *testing.T) *side{
		"9.7": func(t *testing.T) *side {
			p := sandboxtest.Shared(t)
			return newSide(t, ownership.Source, p.Source, p.Database, "9.7")
		},
		"5.6": func(t *testing.T) *side {
			p := sandboxtest.Shared56(t)
			return newSide(t, ownership.Source, p.Source, p.Database, "5.6")
		},
		"9.7 with performance schema": func(t *testing.T) *side {
			p := sandboxtest.Pair(t, sandboxtest.WithSourceArgs("--performance-schema=ON"))
			return newSide(t, ownership.Source, p.Source, "waits", "9.7")
		},
	}
	for name, server := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(t)
			sandboxtest.Exec(t, s.root, "CREATE TABLE t (id int)", "CREATE TABLE u (id int)")
			reader, err := s.app.Begin()
			if err != nil {
				t.Fatal(err)
			}
			var id uint64
			if err := reader.QueryRow("SELECT CONNECTION_ID()").Scan(&id); err != nil {
				t.Fatal(err)
			}
			if _, err := reader.Exec("INSERT INTO t VALUES (1)"); err != nil {
				t.Fatal(err)
			}
			o := s.options("t", "u")
			var notes []guard.Waiting
			o.Waiting = func(w guard.Waiting) {
				if notes = append(notes, w); len(notes) == 2 {
					if err := reader.Commit(); err != nil {
						t.Error(err)
					}
				}
			}
			a, err := guard.Arm(t.Context(), s.tandem, o)
			if err != nil || len(a.Created) != 6 {
				t.Fatalf("armed %+v, %v", a, err)
			}
			// The table that was free did not wait for the other.
			if a.Created[0].Table != s.name("u") {
				t.Errorf("first armed: %+v", a.Created[0])
			}
			certain := strings.Contains(name, "performance")
			for _, n := range notes {
				ours := false
				for _, b := range n.Blockers {
					ours = ours || b.ID == id && b.User == "app_scala"
					if certain && b.ID != id {
						t.Errorf("%s does not hold the table", b)
					}
				}
				if n.Table != s.name("t") || !ours || n.Certain != certain {
					t.Errorf("told %+v, want connection %d", n, id)
				}
			}
		})
	}
}

func TestArmGivesUp(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Shared(t)
	s := newSide(t, ownership.Source, p.Source, p.Database, "9.7")
	sandboxtest.Exec(t, s.root, "CREATE TABLE t (id int)")
	writer, err := s.app.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Rollback()
	if _, err := writer.Exec("INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the time is up")
	ctx, cancel := context.WithCancelCause(t.Context())
	o := s.options("t")
	o.Waiting = func(guard.Waiting) { cancel(gone) }
	if _, err := guard.Arm(ctx, s.tandem, o); !errors.Is(err, gone) {
		t.Errorf("armed: %v", err)
	}
	o.Tables = []schema.Name{{Schema: s.database, Table: "nothing"}}
	if _, err := guard.Arm(t.Context(), s.tandem, o); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("armed: %v", err)
	}
}

// What no trigger sees, so that the documents stay true.
func TestWhatGuardsDoNotSee(t *testing.T) {
	eachServer(t, func(t *testing.T, s *side) {
		sandboxtest.Exec(t, s.root, "CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE t (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)",
			"CREATE TABLE free (id int PRIMARY KEY)", "INSERT INTO p VALUES (1)", "INSERT INTO t VALUES (1, 1)")
		s.arm(t, "t", "free")
		s.owner(t, ownership.Target)
		sandboxtest.Exec(t, s.root, "TRUNCATE TABLE free", "ALTER TABLE free ADD COLUMN a int")
		_, err := s.app.Exec("DELETE FROM p")
		t.Logf("a cascade to a guarded table on %s: %v", s.version, err)
		if err != nil {
			t.Errorf("a cascade to a guarded table: %v", err)
		}
	})
}
