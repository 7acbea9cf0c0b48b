package schemadiff

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/internal/schema"
)

// mend runs the statements of findings, each where it says.
func (r *rig) mend(found []Finding) {
	r.t.Helper()
	for _, f := range found {
		db := r.target
		if f.FixOn == "source" {
			db = r.source
		}
		r.runIn("", db, f.Fix...)
	}
}

// TestTargetOwns: of a table that the target owns the source is the copy, so what
// differs is mended there; other tables are mended on the target.
func TestTargetOwns(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Shared)
	both := []string{
		"CREATE TABLE moved (id int PRIMARY KEY AUTO_INCREMENT, v int, KEY k (v))",
		"CREATE TABLE stays (id int PRIMARY KEY AUTO_INCREMENT, v int, KEY k (v))",
		"CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2030-01-01 00:00:00' DO SET @a = 1",
	}
	r.run(r.source, both...)
	r.run(r.target, "CREATE DATABASE {db}", "USE {db}")
	r.run(r.target, both...)
	change := []string{
		"ALTER TABLE {t} ADD COLUMN added int DEFAULT 3, DROP KEY k", "ALTER TABLE {t} AUTO_INCREMENT=50",
		"CREATE TRIGGER {t}_tr BEFORE INSERT ON {t} FOR EACH ROW SET NEW.v = 1",
	}
	for _, s := range change {
		r.run(r.target, strings.ReplaceAll(s, "{t}", "moved"))
		r.run(r.source, strings.ReplaceAll(s, "{t}", "stays"))
	}
	config := r.config()
	config.TargetOwns = func(n schema.Name) bool { return n.Table == "moved" }
	found := r.compare(config)
	want := strings.ReplaceAll("mismatch column-missing {db}.moved.added mismatch column-missing {db}.stays.added mismatch key-extra {db}.moved.k mismatch key-extra {db}.stays.k "+
		"mismatch auto-increment-behind {db}.moved mismatch auto-increment-behind {db}.stays warn trigger-missing {db}.moved_tr warn trigger-missing {db}.stays_tr mismatch event-both {db}.e",
		"{db}", r.Database)
	if d := cmp.Diff(want, brief(found)); d != "" {
		show(t, found)
		t.Fatal(d)
	}
	for _, f := range found {
		on, text := "", f.What
		switch moved := strings.Contains(f.Object, ".moved"); {
		case moved && f.FixOn != "source":
			t.Errorf("%s %s is mended on %q", f.ID, f.Object, f.FixOn)
		case moved && f.ID == "column-missing":
			on = "source"
		case !moved && f.FixOn != "":
			t.Errorf("%s %s is mended on %q", f.ID, f.Object, f.FixOn)
		case f.ID == "column-missing":
			on = "target"
		}
		if on != "" && (text != "the column is not on the "+on || (f.Source == "") != (on == "source") || (f.Target == "") != (on == "target")) {
			t.Errorf("%s: %s (source %q, target %q)", f.Object, text, f.Source, f.Target)
		}
	}
	if at := slices.IndexFunc(found, func(f Finding) bool { return f.FixOn != "" }); !strings.HasPrefix(found[at].FixText(), "-- on the source\nALTER TABLE ") {
		t.Errorf("the text does not say where it is to be run: %s", found[at].FixText())
	}
	r.mend(found)
	if left := brief(r.compare(config)); left != "info event-handover "+r.Database+".e" {
		t.Errorf("left: %s", left)
	}
}

// TestHandedOver: where the target owns every table of a database it leads for all
// that the database holds, and the statements make the source like it.
func TestHandedOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Shared)
	r.run(r.target, "CREATE DATABASE {db}", "SET SESSION foreign_key_checks=0, restrict_fk_on_non_standard_key=OFF")
	r.run(r.target, append([]string{"SET SESSION foreign_key_checks=0, restrict_fk_on_non_standard_key=OFF"}, rich...)...)
	r.run(r.target, richModern...)
	r.run(r.target, "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2030-01-01 00:00:00' DO SET @a = 1")
	config := r.config()
	config.TargetOwns = func(schema.Name) bool { return true }
	config.Accounts = map[string]string{"root": "root"}
	r.mend(r.compare(config))
	left := r.compare(config)
	if want := "info event-handover " + r.Database + ".e"; brief(left) != want {
		show(t, left)
		t.Errorf("what the statements made on the source differs")
	}
	r.run(r.source, "ALTER EVENT e ENABLE", "ALTER DATABASE {db} CHARACTER SET latin1")
	found := r.compare(config)
	want := strings.ReplaceAll("mismatch database-collation {db} mismatch event-both {db}.e", "{db}", r.Database)
	if brief(found) != want || found[1].FixOn != "source" {
		show(t, found)
		t.Error("an event that is enabled on both sides is not to be disabled on the source")
	}
}

// TestAccountBehind finds the source's account for one of the target.
func TestAccountBehind(t *testing.T) {
	t.Parallel()
	p := &pair{turned: true, config: Config{Accounts: map[string]string{"app@%": "app_rails@10.%", "batch": "jobs", "old": ""}}}
	for target, want := range map[string]string{"app_rails@10.%": "app@%", "jobs@172.16.%": "batch@172.16.%", "other@%": "other@%", "@%": "@%"} {
		if got := p.accountOf(target); got != want {
			t.Errorf("%s stands in for %s, want %s", target, got, want)
		}
	}
}
