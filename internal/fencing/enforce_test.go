package fencing_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tandem/internal/fault"
	"tandem/internal/fencing"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
)

func (b *bench) enforce() []fencing.Verdict {
	b.t.Helper()
	list, err := fencing.Enforce(b.t.Context(), b.db, b.schema, b.programs())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, v := range list {
		if v.Err != nil {
			b.t.Fatal(v.Err)
		}
	}
	return list
}

// over lets the deadlines of all fences be over.
func (b *bench) over() {
	b.t.Helper()
	b.exec("UPDATE _tandem.fence SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE deadline_at IS NOT NULL AND migration = '" + b.schema + "'")
}

func (b *bench) owns(side ownership.Side) {
	b.t.Helper()
	for _, s := range ownership.Tables {
		b.exec(s)
	}
	b.exec(fmt.Sprintf("REPLACE INTO _tandem.ownership (migration, group_name, owner, epoch) VALUES ('%s', 'g', '%s', 2)", b.schema, side))
}

func TestEnforce(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.exec(b.fill("GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {app}"))
	if got := b.enforce(); len(got) != 0 {
		t.Errorf("with nothing there: %v", got)
	}
	b.owns(ownership.Source)
	before := b.grants(b.app + "@'%'")
	r := b.request()
	r.Accounts, r.Grants = []string{b.app}, []string{b.app}
	b.raise(r)
	if got := b.enforce(); len(got) != 0 {
		t.Errorf("before the deadline: %v", got)
	}
	b.over()
	if got := b.enforce(); len(got) != 2 || got[0].Fence.Kind != fencing.Grants || got[0].Kept {
		t.Errorf("at the deadline: %+v, want grants and accounts lifted", got)
	}
	b.same("grants", before, b.grants(b.app+"@'%'"))
	b.mustWrite()
	if got := b.enforce(); len(got) != 0 {
		t.Errorf("after it: %v", got)
	}
}

// A runner that died between its commit and Keep does not open the old side.
func TestEnforceKeepsWhatIsHandedOver(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.owns(ownership.Target)
	r := b.request()
	r.Accounts = []string{b.app}
	b.raise(r)
	b.over()
	if got := b.enforce(); len(got) != 1 || !got[0].Kept {
		t.Errorf("at the deadline: %+v, want it kept", got)
	}
	if got := b.standing(); len(got) != 1 || got[0].Deadline {
		t.Errorf("standing: %+v, want one without a deadline", got)
	}
	b.lift()
}

func TestKeep(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.owns(ownership.Source)
	r := b.request()
	r.Accounts = []string{b.app}
	b.raise(r)
	if err := fencing.Keep(t.Context(), b.db, fencing.Which{Migration: b.schema, Run: "run1", Stage: "one"}); err != nil {
		t.Fatal(err)
	}
	b.over()
	if got := b.enforce(); len(got) != 0 {
		t.Errorf("a fence that is kept: %+v", got)
	}
	if got, err := fencing.Lift(t.Context(), b.db, fencing.Which{Migration: b.schema, Groups: []string{"other"}}, b.programs()); err != nil || len(got) != 0 {
		t.Errorf("that of other groups was lifted: %v, %v", got, err)
	}
	if got, err := fencing.Lift(t.Context(), b.db, fencing.Which{Migration: b.schema, Groups: []string{"other", "g"}}, b.programs()); err != nil || len(got) != 1 {
		t.Errorf("lifted %v, %v", got, err)
	}
}

// While a handover holds the groups' rows nothing is lifted; and a handover that
// comes later is told.
func TestEnforceAgainstAHandover(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.owns(ownership.Source)
	r := b.request()
	r.Accounts = []string{b.app}
	b.raise(r)
	which := fencing.Which{Migration: b.schema, Run: r.Run, Stage: r.Stage}

	handover := func() *ownership.Fence {
		t.Helper()
		up, err := ownership.Raise(t.Context(), b.db, b.schema, ownership.Source, []string{"g"}, ownership.FenceOptions{Budget: time.Minute, Wait: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { up.LetGo(context.Background()) })
		return up
	}
	up := handover()
	if err := fencing.StillUp(t.Context(), up, which, fencing.Accounts); err != nil {
		t.Errorf("a fence that is up: %v", err)
	}
	up.LetGo(t.Context())
	b.over()
	up = handover()
	if got, err := fencing.Enforce(t.Context(), b.db, b.schema, b.programs()); err != nil || len(got) != 0 {
		t.Errorf("enforced in the middle of a handover: %+v, %v", got, err)
	}
	var down *fencing.DownError
	if err := fencing.StillUp(t.Context(), up, which, fencing.Accounts); !errors.As(err, &down) || down.Why != "its deadline is over" {
		t.Errorf("behind its deadline: %v", err)
	}
	up.LetGo(t.Context())
	if got := b.enforce(); len(got) != 1 {
		t.Errorf("enforced %+v", got)
	}
	if err := fencing.StillUp(t.Context(), handover(), which, fencing.Accounts); !errors.As(err, &down) || down.Why != "it was lifted" {
		t.Errorf("after it was lifted: %v", err)
	}
}

// What a record wants given is not believed.
func TestRecordsAreNotBelieved(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.exec(b.fill("GRANT INSERT ON {db}.a TO {app}"))
	r := b.request()
	r.Grants = []string{b.app}
	b.raise(r)
	original := b.column("SELECT undo_json FROM _tandem.fence WHERE migration = '" + b.schema + "'")[0]
	for _, forged := range []string{
		strings.Replace(original, `"INSERT"`, `"SUPER"`, 1),
		strings.Replace(original, `"INSERT"`, `"INSERT ON *.* TO x; --"`, 1),
		strings.Replace(original, b.schema, "mysql", 1),
		strings.Replace(strings.Replace(original, b.schema, "%", 1), `"object":"a",`, "", 1),
		strings.Replace(original, `"level":"table"`, `"level":"database"`, 1),
		`{"roles": [{"account": {"user": "` + b.app + `", "host": "%"}, "role": {"user": "cloudsqlsuperuser", "host": "%"}}]}`,
	} {
		if forged == original {
			t.Fatalf("nothing was forged in %s", original)
		}
		b.exec("UPDATE _tandem.fence SET undo_json = '" + forged + "' WHERE migration = '" + b.schema + "'")
		before := b.grants(b.app + "@'%'")
		if got, err := fencing.Lift(t.Context(), b.db, b.which(), b.programs()); err == nil {
			t.Errorf("lifted %v by %s", got, forged)
		}
		b.same("grants after "+forged, before, b.grants(b.app+"@'%'"))
	}
	b.exec("UPDATE _tandem.fence SET undo_json = '" + original + "' WHERE migration = '" + b.schema + "'")
	b.lift()
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.owns(ownership.Source)
	r := b.request()
	r.Exec = &fencing.Program{Command: []string{b.script("close", "touch closed"), "x"}, Undo: []string{b.script("open", "rm closed; touch opened")}, Dir: b.dir, Timeout: time.Minute}
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(b.dir, name))
		return err == nil
	}
	b.raise(r)
	if !has("closed") {
		t.Error("the program did not run")
	}
	// Another machine's daemon does not know the program, and says where it is.
	elsewhere := fencing.Programs{Dir: t.TempDir()}
	if _, err := fencing.Lift(t.Context(), b.db, b.which(), elsewhere); err == nil || !strings.Contains(err.Error(), "run it there: [./open]") {
		t.Errorf("error %v", err)
	}
	b.over()
	if got := b.enforce(); len(got) != 1 || !has("opened") || has("closed") {
		t.Errorf("enforced %+v; opened: %v, closed: %v", got, has("opened"), has("closed"))
	}
	if left, _ := os.ReadDir(b.programs().Dir); len(left) != 0 {
		t.Errorf("programs are left: %v", left)
	}
	// A program that fails is no fence, but has to be undone: it may have begun.
	r.Exec.Command = []string{b.script("half", "touch closed; echo no; exit 1")}
	if _, err := fencing.Raise(t.Context(), b.db, r, b.programs()); err == nil || !strings.Contains(err.Error(), "exit status 1: no") {
		t.Errorf("error %v", err)
	}
	b.lift()
	if has("closed") {
		t.Error("what a program had begun was not undone")
	}
}

// The runner is killed in the middle of raising: one kind is up, the next one
// being raised. The daemon puts everything back at the deadline, not before.
func TestRunnerKilled(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.owns(ownership.Source)
	b.exec(b.fill("GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {app}"))
	before := b.grants(b.app + "@'%'")
	// A transaction that can not be rolled back quickly is not needed: the child
	// stops by itself when it has raised, and is killed there.
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildRaises$")
	cmd.Env = append(os.Environ(), "FENCING_CHILD="+strings.Join([]string{b.server.Addr(), b.server.Password(), b.schema, b.app, b.dir}, " "))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "raised" {
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if _, err := b.prove(); err != nil {
		t.Fatalf("the child's fence is not up: %v", err)
	}

	ctx, stop := context.WithCancel(t.Context())
	var log safeBuffer
	e := &fencing.Enforcer{Migration: b.schema, Programs: b.programs(), Log: slog.New(slog.NewTextHandler(&log, nil)), Every: 50 * time.Millisecond,
		Open: func(ctx context.Context, side ownership.Side) (*sql.DB, error) {
			if side == ownership.Target {
				return nil, errors.New("nobody answers there")
			}
			return mysqldb.Open(ctx, b.endpoint(sandbox.UserTandem), mysqldb.Options{MaxConns: 2})
		}}
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	for end := time.Now().Add(30 * time.Second); len(b.standing()) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the fence still stands: %v; log:\n%s", b.standing(), log.String())
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	b.same("grants", before, b.grants(b.app+"@'%'"))
	b.mustWrite()
	if text := log.String(); strings.Count(text, "nobody answers there") != 1 || strings.Count(text, "lifted at its deadline") != 2 {
		t.Errorf("log:\n%s", text)
	}
}

// TestChildRaises is the process that TestRunnerKilled kills.
func TestChildRaises(t *testing.T) {
	args := strings.Fields(os.Getenv("FENCING_CHILD"))
	if len(args) == 0 {
		t.Skip("runs as a child of TestRunnerKilled only")
	}
	db, err := mysqldb.Open(t.Context(), mysqldb.Endpoint{Addr: args[0], User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return args[1], nil }}, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{schema: args[2], app: args[3]}
	b.tables = tablesOf(b.schema)
	r := b.request()
	r.Accounts, r.Grants, r.Deadline = []string{b.app}, []string{b.app}, 3*time.Second
	if _, err := fencing.Raise(t.Context(), db, r, fencing.Programs{Dir: args[4]}); err != nil {
		t.Fatal(err)
	}
	fmt.Println("raised")
	select {}
}

// The line is cut at each statement that changes something, once before the
// server has it and once before its answer arrives. Whatever has been done by
// then, Lift puts it back.
func TestLineCutWhileRaising(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.exec(b.fill("GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {app}"), b.fill("GRANT UPDATE (v) ON {db}.b TO {app}"))
	before := b.grants(b.app + "@'%'")
	proxy, err := fault.Listen(b.server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	e := b.endpoint(sandbox.UserTandem)
	e.Addr = proxy.Addr()
	r := b.request()
	r.Accounts, r.Grants = []string{b.app}, []string{b.app}
	for _, text := range []string{"INSERT INTO _tandem.fence", "ACCOUNT UNLOCK", "ACCOUNT LOCK", "GRANT ", "REVOKE ", "raised_at = UTC"} {
		for _, way := range []fault.Direction{fault.ToServer, fault.ToClient} {
			t.Run(fmt.Sprint(text, " ", way), func(t *testing.T) {
				db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{MaxConns: 3})
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				armed := proxy.Arm(fault.Trigger{Said: []byte(text), Way: way, Do: fault.Cut})
				if _, err := fencing.Raise(t.Context(), db, r, b.programs()); err == nil {
					t.Error("no error")
				}
				select {
				case <-armed.Fired():
				default:
					t.Fatal("the line was not cut")
				}
				b.lift()
				b.same("grants", before, b.grants(b.app+"@'%'"))
				b.mustWrite()
			})
		}
	}
	b.raise(r) // and it can be raised after all
	b.lift()
	b.same("grants", before, b.grants(b.app+"@'%'"))
}

// A runner that was stopped, and wakes up when its fence has been lifted, changes
// nothing any more: the server has ended its session.
func TestSleeperFindsNoSession(t *testing.T) {
	t.Parallel()
	b := current(t)
	b.owns(ownership.Source)
	b.exec(b.fill("GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {app}"))
	r := b.request()
	r.Deadline = 2 * time.Second
	// The stop is a line on which nothing moves, between two changes.
	proxy, err := fault.Listen(b.server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	e := b.endpoint(sandbox.UserTandem)
	e.Addr = proxy.Addr()
	db, err := mysqldb.Open(t.Context(), e, mysqldb.Options{MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r.Accounts, r.Grants = []string{b.app}, []string{b.app}
	armed := proxy.Arm(fault.Trigger{Said: []byte("REVOKE "), Way: fault.ToServer, Do: fault.Hang})
	begun := time.Now()
	if _, err := fencing.Raise(t.Context(), db, r, b.programs()); err == nil {
		t.Error("no error")
	}
	select {
	case <-armed.Fired():
	default:
		t.Fatal("the line did not hang")
	}
	for end := time.Now().Add(30 * time.Second); len(b.standing()) > 0; time.Sleep(50 * time.Millisecond) {
		b.enforce()
		if time.Now().After(end) {
			t.Fatal("the fence still stands")
		}
	}
	if took := time.Since(begun); took < r.Deadline {
		t.Errorf("lifted after %s, before its deadline", took)
	}
	b.mustWrite()
}

type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}
