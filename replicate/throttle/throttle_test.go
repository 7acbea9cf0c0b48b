package throttle_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
	"tandem/replicate/throttle"
)

// rig is a pair of servers, seen as tandem's user sees them, and as root.
type rig struct {
	source, target         *sql.DB
	sourceRoot, targetRoot *sql.DB
}

func open(t *testing.T, s *sandbox.Server, user, password string) *sql.DB {
	t.Helper()
	db, err := mysqldb.Open(t.Context(), mysqldb.Endpoint{
		Name: "server", Network: "tcp", Addr: s.Addr(), User: user,
		Password: func(context.Context) (string, error) { return password, nil },
	}, mysqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func newRig(t *testing.T, p *sandbox.Pair) *rig {
	t.Helper()
	r := &rig{
		source:     open(t, p.Source, sandbox.UserTandem, p.Source.Password()),
		target:     open(t, p.Target, sandbox.UserTandem, p.Target.Password()),
		sourceRoot: sandboxtest.RootDB(t, p.Source, ""), targetRoot: sandboxtest.RootDB(t, p.Target, ""),
	}
	sandboxtest.Exec(t, r.targetRoot, "CREATE DATABASE IF NOT EXISTS _tandem")
	sandboxtest.Exec(t, r.targetRoot, throttle.Tables[:]...)
	for _, db := range []*sql.DB{r.sourceRoot, r.targetRoot} {
		sandboxtest.Exec(t, db, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT)", "INSERT INTO d.t VALUES (1, 1), (2, 2)",
			"CREATE TABLE d.knob (v VARCHAR(20))", "INSERT INTO d.knob VALUES (1)")
	}
	return r
}

// journal is a log that can be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) count(message string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), message)
}

// start runs a throttle with those limits until the test ends.
func (r *rig) start(t *testing.T, limits throttle.Limits, change_ ...func(*throttle.Config)) (*throttle.Throttle, *journal) {
	t.Helper()
	j := &journal{}
	cfg := throttle.Config{
		Link: "m/forward", Source: r.source, Target: r.target, Limits: limits,
		Applied: func() change.GTIDSet { set, _ := mysqldb.Executed(context.Background(), r.source); return set },
		Every:   5 * time.Millisecond, Patience: 2 * time.Second,
		Logger: slog.New(slog.NewTextHandler(j, nil)),
	}
	for _, f := range change_ {
		f(&cfg)
	}
	th := throttle.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- th.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return th, j
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// pauses waits until the copy pauses for a reason, and has the cause removed.
func pauses(t *testing.T, th *throttle.Throttle, j *journal, reason string, remove func()) {
	t.Helper()
	eventually(t, "pauses: "+reason, func() bool { return strings.Contains(th.Reason(), reason) })
	if n := j.count("copy pauses"); n != 1 {
		t.Errorf("logged %d times that the copy pauses:\n%s", n, &j.text)
	}
	remove()
	eventually(t, "goes on", func() bool { return th.Reason() == "" })
	if n := j.count("copy goes on"); n != 1 {
		t.Errorf("logged %d times that the copy goes on:\n%s", n, &j.text)
	}
}

// sample returns what is known of the only sample.
func sample(t *testing.T, th *throttle.Throttle) throttle.Sample {
	t.Helper()
	all := th.Samples()
	if len(all) != 1 {
		t.Fatalf("samples: %+v", all)
	}
	return all[0]
}

func TestSamples(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Pair(t))
	t.Run("commit latency", func(t *testing.T) {
		th, j := r.start(t, throttle.Limits{CommitLatency: time.Second})
		eventually(t, "measured", func() bool { return sample(t, th).Value > 0 })
		// Who commits waits for this lock.
		conn, err := r.targetRoot.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(t.Context(), "FLUSH TABLES WITH READ LOCK"); err != nil {
			t.Fatal(err)
		}
		pauses(t, th, j, "a small commit on the target takes 3", func() {
			if _, err := conn.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("threads running", func(t *testing.T) {
		th, j := r.start(t, throttle.Limits{ThreadsRunning: 8})
		eventually(t, "measured", func() bool { return sample(t, th).Value > 0 })
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var busy sync.WaitGroup
		r.sourceRoot.SetMaxOpenConns(0)
		for range 12 {
			busy.Go(func() { r.sourceRoot.ExecContext(ctx, "DO SLEEP(120)") })
		}
		pauses(t, th, j, "threads running (limit 8)", func() {
			r.killSleepers(t)
			busy.Wait()
		})
	})
	for side, db := range map[string]*sql.DB{"source": r.sourceRoot, "target": r.targetRoot} {
		t.Run("history list of the "+side, func(t *testing.T) {
			limits := throttle.Limits{SourceHistory: 100}
			if side == "target" {
				limits = throttle.Limits{TargetHistory: 100}
			}
			// The list is shortened after so many rounds of purging, 128 otherwise.
			sandboxtest.Exec(t, db, "SET GLOBAL innodb_purge_rseg_truncate_frequency = 1")
			th, j := r.start(t, limits)
			reader, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
			if err != nil {
				t.Fatal(err)
			}
			var n int
			if err := reader.QueryRow("SELECT COUNT(*) FROM d.t").Scan(&n); err != nil {
				t.Fatal(err)
			}
			for range 200 {
				sandboxtest.Exec(t, db, "UPDATE d.t SET n = n + 1")
			}
			pauses(t, th, j, "the "+side+"'s history list has", func() {
				if err := reader.Rollback(); err != nil {
					t.Error(err)
				}
				// Purging begins with the next transaction.
				sandboxtest.Exec(t, db, "UPDATE d.t SET n = n + 1")
			})
		})
	}
	t.Run("stream lag", func(t *testing.T) {
		var mu sync.Mutex
		at, err := mysqldb.Executed(t.Context(), r.source)
		if err != nil {
			t.Fatal(err)
		}
		th, j := r.start(t, throttle.Limits{StreamLag: 50 * time.Millisecond}, func(cfg *throttle.Config) {
			cfg.Applied = func() change.GTIDSet {
				mu.Lock()
				defer mu.Unlock()
				return at
			}
		})
		sandboxtest.Exec(t, r.sourceRoot, "UPDATE d.t SET n = n + 1")
		pauses(t, th, j, "behind the source", func() {
			mu.Lock()
			defer mu.Unlock()
			if at, err = mysqldb.Executed(context.Background(), r.source); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("queries", func(t *testing.T) {
		for name, query := range map[string]throttle.Query{
			"replica_lag": {SQL: "SELECT v, 'and more' FROM d.knob", OnSource: true, Above: 10},
			"query":       {SQL: "SELECT v FROM d.knob", Above: 10},
		} {
			t.Run(name, func(t *testing.T) {
				limits, db := throttle.Limits{ReplicaLag: query}, r.sourceRoot
				if name == "query" {
					limits, db = throttle.Limits{Query: query}, r.targetRoot
				}
				th, j := r.start(t, limits)
				eventually(t, "measured", func() bool { return sample(t, th).Value == 1 })
				sandboxtest.Exec(t, db, "UPDATE d.knob SET v = '10.5'")
				pauses(t, th, j, "throttle."+name, func() { sandboxtest.Exec(t, db, "UPDATE d.knob SET v = '8'") })
			})
		}
	})
}

// killSleepers ends the queries that keep threads of the source running.
func (r *rig) killSleepers(t *testing.T) {
	t.Helper()
	rows, err := r.source.Query("SELECT id FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'")
	if err != nil {
		t.Fatal(err)
	}
	var kill []string
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		kill = append(kill, fmt.Sprintf("KILL QUERY %d", id))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, r.sourceRoot, kill...)
}

// TestNoAnswerIsNoReason takes measures away: nothing pauses for that, not even
// what paused before, and it is said once.
func TestNoAnswerIsNoReason(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Pair(t))
	for name, tc := range map[string]struct{ break_, problem string }{
		"no row":   {"DELETE FROM d.knob", "no row"},
		"NULL":     {"UPDATE d.knob SET v = NULL", "NULL"},
		"text":     {"UPDATE d.knob SET v = 'many'", "no number"},
		"no table": {"RENAME TABLE d.knob TO d.gone", "doesn't exist"},
	} {
		t.Run(name, func(t *testing.T) {
			sandboxtest.Exec(t, r.targetRoot, "DROP TABLE IF EXISTS d.knob, d.gone", "CREATE TABLE d.knob (v VARCHAR(20))", "INSERT INTO d.knob VALUES (99)")
			th, j := r.start(t, throttle.Limits{Query: throttle.Query{SQL: "SELECT v FROM d.knob", Above: 10}})
			pauses(t, th, j, "answers 99", func() { sandboxtest.Exec(t, r.targetRoot, tc.break_) })
			eventually(t, "the problem is shown", func() bool { return strings.Contains(sample(t, th).Problem, tc.problem) })
			if n := j.count("can not be measured"); n != 1 {
				t.Errorf("logged %d times:\n%s", n, &j.text)
			}
			sandboxtest.Exec(t, r.targetRoot, "DROP TABLE IF EXISTS d.knob", "CREATE TABLE d.knob (v VARCHAR(20))", "INSERT INTO d.knob VALUES (99)")
			eventually(t, "measured again", func() bool { return strings.Contains(th.Reason(), "answers 99") })
		})
	}
}

// TestWithoutProcess: the history list is not for everybody.
func TestWithoutProcess(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Pair(t)
	r := newRig(t, p)
	sandboxtest.Exec(t, r.sourceRoot, "CREATE USER humble@'%' IDENTIFIED BY 'humble'", "GRANT SELECT ON *.* TO humble@'%'")
	r.source = open(t, p.Source, "humble", "humble")
	th, j := r.start(t, throttle.Limits{SourceHistory: 1})
	eventually(t, "said why", func() bool { return strings.Contains(sample(t, th).Problem, "PROCESS") })
	if th.Reason() != "" {
		t.Errorf("the copy pauses: %s", th.Reason())
	}
	if n := j.count("goes_on=false"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, &j.text)
	}
}

// TestUnreachable: a server that is gone is for others to report.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	p := sandboxtest.Pair(t)
	r := newRig(t, p)
	th, _ := r.start(t, throttle.Limits{ThreadsRunning: 1000, TargetHistory: 1 << 40, CommitLatency: time.Minute})
	if err := errors.Join(p.Target.Kill(), p.Source.Kill()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "said", func() bool {
		for _, s := range th.Samples() {
			if s.Problem == "" {
				return false
			}
		}
		return true
	})
	if th.Reason() != "" {
		t.Errorf("the copy pauses: %s", th.Reason())
	}
}

func TestOff(t *testing.T) {
	t.Parallel()
	th := throttle.New(throttle.Config{Limits: throttle.Limits{CommitLatency: -1, ThreadsRunning: 0, Query: throttle.Query{SQL: "SELECT 1", Above: -1}, ReplicaLag: throttle.Query{Above: 1}}})
	if s := th.Samples(); len(s) != 0 {
		t.Errorf("samples: %+v", s)
	}
	if err := th.Run(t.Context()); err != nil {
		t.Error(err)
	}
}
