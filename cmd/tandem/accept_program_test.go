package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/sandbox"
)

// patience is how long anything that must end may take. It is long, since
// machines are slow; nothing waits for it that does not hang.
const patience = 5 * time.Minute

// migration is a folder with a tandem.yaml, and what the program does in it.
type migration struct {
	t    testing.TB
	pair *sandbox.Pair
	dir  string
}

// newMigration writes a tandem.yaml for a pair. Options are further lines of it.
func newMigration(t testing.TB, pair *sandbox.Pair, include []string, options ...string) *migration {
	t.Helper()
	m := &migration{t: t, pair: pair, dir: t.TempDir()}
	var b strings.Builder
	name := fnv.New64a()
	name.Write([]byte(m.dir))
	fmt.Fprintf(&b, "version: 1\nmigration: m%016x\n", name.Sum64())
	for _, server := range pair.Servers() {
		m.write(server.Name()+".password", server.Password()+"\n")
		fmt.Fprintf(&b, "%s:\n  host: %s\n  port: %d\n  user: %s\n  password: {file: %s.password}\n",
			server.Name(), server.Host(), server.Port, sandbox.UserTandem, server.Name())
	}
	fmt.Fprintf(&b, "tables:\n  include: [%s]\n", `"`+strings.Join(include, `", "`)+`"`)
	for _, option := range options {
		b.WriteString(option + "\n")
	}
	m.write("tandem.yaml", b.String())
	return m
}

func (m *migration) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// edit changes tandem.yaml.
func (m *migration) edit(old, new string) {
	m.t.Helper()
	path := filepath.Join(m.dir, "tandem.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		m.t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		m.t.Fatalf("%q is not in tandem.yaml", old)
	}
	m.write("tandem.yaml", strings.Replace(string(text), old, new, 1))
}

// run is one life of the program.
type run struct {
	t       testing.TB
	pair    *sandbox.Pair
	first   int64 // of the connections that it can have at the source
	command *exec.Cmd
	stdout  bytes.Buffer
	stderr  bytes.Buffer
	peak    atomic.Int64 // KiB
	ended   chan struct{}
	err     error
}

// start starts the program in the migration's folder.
func (m *migration) start(args ...string) *run {
	m.t.Helper()
	program, err := exec.LookPath("tandem")
	if err != nil {
		m.t.Fatalf("this test binary is no tandem: %v", err)
	}
	r := &run{t: m.t, pair: m.pair, first: nextConnection(m.t, m.pair.Source), command: exec.Command(program, args...), ended: make(chan struct{})}
	r.command.Dir = m.dir
	r.command.Stdout, r.command.Stderr = &r.stdout, &r.stderr
	if err := r.command.Start(); err != nil {
		m.t.Fatal(err)
	}
	go r.watch()
	m.t.Cleanup(func() {
		r.kill()
		if m.t.Failed() {
			m.t.Logf("tandem %s: stderr: %s", strings.Join(args, " "), tail(r.stderr.String(), 6000))
		}
	})
	return r
}

// watch waits for the end, and follows the memory until then. (What the system
// says of it afterwards begins with what this process used.)
func (r *run) watch() {
	waited := make(chan struct{})
	go func() {
		r.err = r.command.Wait()
		close(waited)
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-waited:
			close(r.ended)
			return
		case <-tick.C:
			if kib := peakMemory(r.command.Process.Pid); kib > r.peak.Load() {
				r.peak.Store(kib)
			}
		}
	}
}

// peakMemory is the most that a process has had in memory, in KiB; 0 if it is
// not known.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, found := strings.Cut(string(status), "VmHWM:")
	if !found {
		return 0
	}
	fields := strings.Fields(after)
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kib
}

// kill ends the program as the system would, and waits until it is gone.
func (r *run) kill() {
	r.signal(syscall.SIGKILL)
	<-r.ended
}

func (r *run) signal(s os.Signal) {
	if err := r.command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		r.t.Errorf("signal tandem: %v", err)
	}
}

// streams waits until the program reads the source's binlog.
func (r *run) streams() *run {
	r.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && r.running(); <-time.After(5 * time.Millisecond) {
		for id := range dumps(r.t, r.pair.Source) {
			if id >= r.first {
				return r
			}
		}
	}
	r.kill()
	r.t.Fatalf("tandem %s never came to stream: %s", strings.Join(r.command.Args[1:], " "), tail(r.stderr.String(), 4000))
	return r
}

// dumps returns the connections that read a server's binlog.
func dumps(t testing.TB, server *sandbox.Server) map[int64]bool {
	t.Helper()
	db, err := server.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; {
		ids, err := dumpsOnce(t.Context(), db)
		if err == nil {
			return ids
		}
		// The list has everybody's statements in it, and breaks off at one whose
		// bytes are no text (error 3854): it is another one the next time.
		if mistake := new(mysql.MySQLError); !errors.As(err, &mistake) || mistake.Number != 3854 || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func dumpsOnce(ctx context.Context, db *sql.DB) (map[int64]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ids := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids[id] = true
	}
	return ids, rows.Err()
}

// begins waits until the program has made the tables and taken its position.
// Before that it answers a change of a table's definition with an error.
func (r *run) begins() *run {
	r.t.Helper()
	db, err := r.pair.Target.RootDB()
	if err != nil {
		r.t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && r.running(); {
		var n int
		err := db.QueryRowContext(r.t.Context(), "SELECT COUNT(*) FROM _tandem.checkpoint").Scan(&n)
		if err == nil && n > 0 {
			return r
		}
	}
	r.kill()
	r.t.Fatalf("tandem %s never began: %s", strings.Join(r.command.Args[1:], " "), tail(r.stderr.String(), 4000))
	return r
}

// nextConnection is the id that a server will give its next connection.
func nextConnection(t testing.TB, server *sandbox.Server) int64 {
	t.Helper()
	db, err := server.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	var name string
	var count int64
	if err := db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Connections'").Scan(&name, &count); err != nil {
		t.Fatal(err)
	}
	return count
}

// running tells whether the program has not ended.
func (r *run) running() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// wait waits for the end and returns the exit code.
func (r *run) wait() int {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		// Its goroutines tell where it hangs.
		r.signal(syscall.SIGQUIT)
		<-r.ended
		r.t.Fatalf("tandem %s hangs: %s", strings.Join(r.command.Args[1:], " "), tail(r.stderr.String(), 1<<20))
	}
	var exit *exec.ExitError
	if r.err != nil && !errors.As(r.err, &exit) {
		r.t.Fatal(r.err)
	}
	return r.command.ProcessState.ExitCode()
}

// want waits for the end and fails the test if it is another one.
func (r *run) want(code int) *run {
	r.t.Helper()
	if got := r.wait(); got != code {
		r.t.Fatalf("tandem %s: exit code %d, want %d: %s",
			strings.Join(r.command.Args[1:], " "), got, code, tail(r.stderr.String(), 4000))
	}
	return r
}

// catchUp replicates until the target has what the source has now.
func (m *migration) catchUp() *run {
	m.t.Helper()
	return m.start("replicate", "--until", "caught-up").want(0)
}

// stop ends a running replication the polite way.
func (r *run) stop() {
	r.t.Helper()
	r.signal(os.Interrupt)
	r.want(130)
}

func tail(text string, most int) string {
	if len(text) > most {
		return "..." + text[len(text)-most:]
	}
	return text
}

// position is all that a server has ever logged: equal before and after means
// that nothing was written.
func position(t testing.TB, server *sandbox.Server) string {
	t.Helper()
	db, err := server.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	statement := "SHOW BINARY LOG STATUS"
	if !server.Install().AtLeast(8, 2, 0) {
		statement = "SHOW MASTER STATUS"
	}
	var file, position, do, ignore, executed string
	if err := db.QueryRowContext(t.Context(), statement).Scan(&file, &position, &do, &ignore, &executed); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return file + ":" + position + " " + executed
}

// databases lists those whose names begin with one of the prefixes.
func databases(t testing.TB, server *sandbox.Server, prefixes ...string) []string {
	t.Helper()
	db, err := server.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				names = append(names, name)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// equal waits until the databases are the same on both sides.
func equal(t testing.TB, pair *sandbox.Pair, names ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		verdict, err := sandbox.Compare(ctx, pair.Source, pair.Target, names)
		switch {
		case err == nil && verdict.Equal:
			return
		case ctx.Err() != nil:
			t.Fatalf("never became equal: %s (%v)", verdict, err)
		}
	}
}
