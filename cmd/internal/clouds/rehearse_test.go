package clouds

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tandem/internal/aws/awsfake"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// rehearsed is what rehearse -o json prints.
type rehearsed struct {
	On     string `json:"on"`
	All    struct{ Handovers, Undone int }
	Before string `json:"parity_before"`
	After  string `json:"parity_after"`
	Equal  bool
	Kept   bool
}

// clones lets both clouds make clones of the world, which are other servers: with
// the data of the source, with what tandem has left behind on both sides, and with
// rows on the target that are not to be there.
func (w *world) clones() *sandbox.Pair {
	w.t.Helper()
	pair := sandboxtest.Pair(w.t)
	for i, s := range pair.Servers() {
		root := sandboxtest.RootDB(w.t, s, "")
		sandboxtest.Exec(w.t, root, "ALTER USER "+sandbox.UserTandem+"@'%' IDENTIFIED BY '"+w.pair.Servers()[i].Password()+"'",
			"CREATE DATABASE _tandem", "CREATE TABLE _tandem.checkpoint (rubbish INT)", "CREATE DATABASE bank",
			"CREATE TABLE bank.parent (id INT PRIMARY KEY, v VARCHAR(20))", "CREATE TABLE bank.child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES bank.parent (id))",
			"INSERT INTO bank.parent VALUES (1, 'one'), (2, 'two')", "INSERT INTO bank.child VALUES (1, 1)")
		if i == 1 {
			sandboxtest.Exec(w.t, root, "INSERT INTO bank.parent VALUES (3, 'older')")
		}
	}
	w.google.OnClone(func(string, string) string { return pair.Source.Addr() })
	w.amazon.Do(func(s *awsfake.State) {
		s.CloneHost, s.ClonePort, s.CloneAddr = pair.Target.Host(), pair.Target.Port, pair.Target.Addr()
	})
	// One file for both authorities.
	var bundle []byte
	for _, s := range []*sandbox.Server{w.pair.Target, pair.Target} {
		ca, err := os.ReadFile(filepath.Join(s.DataDir(), "ca.pem"))
		if err != nil {
			w.t.Fatal(err)
		}
		bundle = append(append(bundle, ca...), '\n')
	}
	w.write("ca.pem", string(bundle))
	config, err := os.ReadFile(filepath.Join(w.dir, "tandem.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.write("tandem.yaml", strings.Replace(string(config), filepath.Join(w.pair.Target.DataDir(), "ca.pem"), "ca.pem", 1))
	root := sandboxtest.RootDB(w.t, w.pair.Source, "")
	sandboxtest.Exec(w.t, root, "CREATE DATABASE bank", "CREATE TABLE bank.parent (id INT PRIMARY KEY, v VARCHAR(20))", "CREATE TABLE bank.child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES bank.parent (id))")
	return pair
}

// left are the clones that stand.
func (w *world) left() (list []string) {
	for _, name := range w.google.Instances() {
		if !strings.HasSuffix(name, ":courier") && name != "courier" {
			list = append(list, name)
		}
	}
	w.amazon.Do(func(s *awsfake.State) {
		for id := range s.Clusters {
			if id != awsfake.Region+"/"+clusterName {
				list = append(list, id)
			}
		}
	})
	slices.Sort(list)
	return list
}

// TestRehearseOnClones runs the plan on clones, there and back, while a program of
// the plan's writes. The clouds throttle, fail, and take their time; the real servers
// are not touched, and no clone is left.
func TestRehearseOnClones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clones()
	w.write("load", "#!/bin/sh\necho \"$TANDEM_REHEARSAL_SOURCE $TANDEM_REHEARSAL_TARGET\" > load.env\nexec sleep 600\n")
	if err := os.Chmod(filepath.Join(w.dir, "load"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("plan.yaml", strings.Replace(plan, "stages:", "rehearse: {load: {command: [./load]}}\nstages:", 1))
	w.google.SlowOperations(2)
	w.amazon.Do(func(s *awsfake.State) { s.Polls = 2 })
	w.amazon.Fail(awsfake.Fault{Action: "rds:RestoreDBClusterToPointInTime", Kind: awsfake.Throttled, Times: 2}, awsfake.Fault{Action: "rds:DeleteDBCluster", Kind: awsfake.Throttled, Times: 2})

	w.live("rehearse", "--on", "clones", "--no-input").want(2)
	l := w.live("rehearse", "--on", "clones", "--rounds", "1", "--longest-wait", "1s", "--confirm", "bank", "-o", "json")
	l.want(0)
	var got rehearsed
	if err := json.Unmarshal(l.out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.On != "clones" || got.All.Handovers != 2 || got.All.Undone != 0 || got.Before != "equal" || got.After != "equal" || !got.Equal || !got.Kept {
		t.Errorf("got %+v", got)
	}
	env, err := os.ReadFile(filepath.Join(w.dir, "load.env"))
	if err != nil || !strings.HasPrefix(string(env), "example-project:europe-west1:tandem-rehearsal-") || strings.Count(string(env), "tandem-rehearsal-") != 2 {
		t.Errorf("the load has found %q, %v", env, err)
	}
	if left := w.left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	var tables int
	if err := sandboxtest.RootDB(t, w.pair.Target, "").QueryRow("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'bank'").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("the real target has %d tables, %v", tables, err)
	}
	if out := w.live("rehearse", "--clean").want(0).said(); !strings.Contains(out, "no clone of a rehearsal is left over") {
		t.Errorf("says %q", out)
	}
	// A plan that was rehearsed is run without --unrehearsed: up to its gates.
	w.live("status").want(0)
}

// TestCleanAfterAKill kills a rehearsal while its clones are being made: one of them
// has no label yet. What is left over is found, and removed.
func TestCleanAfterAKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clones()
	w.google.SlowOperations(5)
	w.amazon.Do(func(s *awsfake.State) { s.Polls = 5 })
	l := w.live("rehearse", "--on", "clones", "--confirm", "bank")
	w.until("both clones to be on their way", func() bool { return len(w.left()) == 2 })
	if err := l.command.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-l.ended
	w.live("rehearse", "--clean", "--no-input").want(2)
	if left := w.left(); len(left) != 2 {
		t.Fatalf("removed without being asked: %v", left)
	}
	out := w.live("rehearse", "--clean", "--confirm", "bank").want(0).said()
	if left := w.left(); len(left) > 0 || !strings.Contains(out, "2 clones removed") {
		t.Errorf("left: %v; says %q", left, out)
	}
}
