package chaos

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/bank"
	"tandem/internal/sandbox/sandboxtest"
)

const (
	bankDatabase = "bank"
	bankAccounts = 60
	pauseBudget  = 3 * time.Second
)

// world is a migration in full swing: both links run, the rows were proved equal,
// a bank writes on the side that owns its tables, and on each side a prober tries.
// tandem.yaml leads through the proxies, so the lines of a runner can be cut;
// daemon.yaml, for tandem replicate, does not.
type world struct {
	*migration
	calls  *calls
	bank   *bank.Bank
	sides  [2]bank.Side
	probes [2]*prober
	wait   sync.WaitGroup

	mu      sync.Mutex
	daemon  *life
	stopped bool
	deaths  []int             // the codes with which the daemon has ended
	digests map[string]string // of plans, by their files
	worst   time.Duration
	story   []string // what was typed
}

const handoverPlan = `version: 1
name: bank-to-aurora
stages:
  - name: one
    handover: ["*"]
    approve: {within: 5m}
    gates: {timeout: 90s, lag: {below: 5s}, parity: {within: 2h}, reverse: {canary: true}}
    pause_budget: %s
    traffic: [{exec: {command: ["true", "${side}"], timeout: 10s}}]
    bake: {for: 300ms, rollback_if: {breach: true}}
`

func newWorld(t *testing.T, tps float64) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("takes real servers, and its time")
	}
	pair := sandboxtest.Pair(t)
	w := &world{migration: newMigration(t, pair, "bank", settings{databases: []string{bankDatabase}}), calls: listen(t), digests: map[string]string{}}
	w.write("daemon.yaml", fmt.Sprintf("version: 1\nmigration: bank\n%s%stables: {include: [\"bank.*\"]}\n", daemonSide(pair.Source), daemonSide(pair.Target)))
	w.write("plan.yaml", fmt.Sprintf(handoverPlan, pauseBudget))
	w.openBank(t, tps)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() {
		w.halt()
		stop()
		w.wait.Wait()
	})
	w.wait.Go(func() { w.supervise(ctx) })
	for deadline := time.Now().Add(patience); ; pause(t.Context(), 100*time.Millisecond) {
		code, err := w.types("verify")
		if code == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the copy is not done: %v; the daemon: %s", err, w.daemon.said(4000))
		}
	}
	w.wait.Go(func() {
		if err := w.bank.Run(ctx); err != nil {
			t.Errorf("the bank: %v", err)
		}
	})
	for i, side := range bothSides {
		w.probes[i] = startProber(t, ctx, &w.wait, w.server(side), side)
	}
	return w
}

var bothSides = [2]ownership.Side{ownership.Source, ownership.Target}

func daemonSide(s *sandbox.Server) string {
	return fmt.Sprintf("%s: {host: 127.0.0.1, port: %d, user: %s, password: {file: %[1]s.password}}\n", s.Name(), s.Port, sandbox.UserTandem)
}

func (w *world) server(side ownership.Side) *sandbox.Server {
	if side == ownership.Target {
		return w.pair.Target
	}
	return w.pair.Source
}

func (w *world) openBank(t *testing.T, tps float64) {
	t.Helper()
	sandboxtest.Exec(t, sandboxtest.RootDB(t, w.pair.Source, ""), "CREATE DATABASE "+bankDatabase)
	db := sandboxtest.RootDB(t, w.pair.Source, bankDatabase)
	if err := bank.Create(t.Context(), db, bankAccounts); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Exec(t, db, probeTable, "CREATE TABLE notes (id INT NOT NULL PRIMARY KEY)", "INSERT INTO notes VALUES (1), (2), (3)")
	for i, side := range bothSides {
		config := w.server(side).Config(sandbox.UserScala, bankDatabase)
		config.InterpolateParams, config.Logger = true, &mysql.NopLogger{}
		connector, err := mysql.NewConnector(config)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		t.Cleanup(func() { db.Close() })
		w.sides[i] = bank.Side{Name: string(side), DB: db}
	}
	var err error
	if w.bank, err = bank.New(bank.Options{Sides: w.sides, Accounts: bankAccounts, Writers: 6, TPS: tps, Seed: 11}); err != nil {
		t.Fatal(err)
	}
}

// supervise keeps a daemon running, as an init system would.
func (w *world) supervise(ctx context.Context) {
	for ctx.Err() == nil {
		w.mu.Lock()
		if w.stopped {
			w.mu.Unlock()
			return
		}
		l := w.migration.live(knobs{Ask: w.calls.addr()}, "replicate", "--config", "daemon.yaml")
		w.daemon = l
		w.mu.Unlock()
		<-l.ended
		w.mu.Lock()
		w.deaths = append(w.deaths, l.code())
		w.mu.Unlock()
		pause(ctx, 300*time.Millisecond)
	}
}

// halt ends the daemon for good.
func (w *world) halt() {
	w.mu.Lock()
	w.stopped = true
	l := w.daemon
	w.mu.Unlock()
	if l != nil {
		l.signal(syscall.SIGCONT)
		l.kill()
	}
}

// current is the daemon that runs, or ran last.
func (w *world) current() *life {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.daemon
}

// start starts a verb.
func (w *world) start(args ...string) *life {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.migration.live(knobs{Ask: w.calls.addr(), Patience: runnerPatience}, args...)
}

// told is what was typed since it was told last.
func (w *world) told() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := strings.Join(w.story, "\n")
	w.story = nil
	return text
}

// types types a verb and waits for its end.
func (w *world) types(args ...string) (int, error) {
	l := w.start(args...)
	code, err := w.end(l)
	if err == nil && code != 0 {
		err = fmt.Errorf("tandem %s: exit code %d: %s", strings.Join(args, " "), code, l.said(3000))
	}
	return code, err
}

// end waits for the end of a life, and approves the stage when it asks for that.
func (w *world) end(l *life) (code int, err error) {
	began := time.Now()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.story = append(w.story, fmt.Sprintf("tandem %s: %d after %.1fs", strings.Join(l.args, " "), code, time.Since(began).Seconds()))
	}()
	approved, refused := false, error(nil)
	for deadline := time.Now().Add(patience); ; {
		select {
		case <-l.ended:
			return l.code(), nil
		case <-time.After(30 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			said := l.said(4000)
			l.signal(syscall.SIGCONT)
			l.signal(syscall.SIGQUIT)
			<-l.ended
			return 0, fmt.Errorf("tandem %s hangs: %s\napproving: %v\n%s", strings.Join(l.args, " "), said, refused, l.said(12000))
		}
		if !approved && runs(l) && strings.Contains(l.said(20000), "wait for a person") {
			refused = w.approve(planOf(l))
			approved = refused == nil
		}
	}
}

// runs tells whether a life is one that may wait for a person; others only print
// those words.
func runs(l *life) bool {
	return l.args[0] == "plan" && (l.args[1] == "run" || l.args[1] == "resume")
}

// planOf is the plan that a life runs.
func planOf(l *life) string {
	if len(l.args) > 2 && strings.HasSuffix(l.args[2], ".yaml") {
		return l.args[2]
	}
	return "plan.yaml"
}

// approve lets the stage of a plan go on.
func (w *world) approve(file string) error {
	if w.digests[file] == "" {
		l := w.start("plan", "show", file, "-o", "json")
		if code, err := w.end(l); code != 0 || err != nil {
			return fmt.Errorf("plan show: %d %w", code, err)
		}
		var shown struct{ Digest struct{ Sum string } }
		if err := l.decode(&shown); err != nil {
			return err
		}
		w.digests[file] = shown.Digest.Sum
	}
	_, err := w.types("plan", "approve", "one", "--digest", w.digests[file])
	return err
}

// decode reads the JSON value that a verb has printed, among its messages.
func (l *life) decode(into any) error {
	text := l.said(1 << 20)
	if !strings.HasPrefix(text, "{") {
		_, text, _ = strings.Cut(text, "\n{")
		text = "{" + text
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(into); err != nil {
		return fmt.Errorf("tandem %s: %w: %s", strings.Join(l.args, " "), err, text)
	}
	return nil
}

// records are the ownership rows of both sides.
func (w *world) records() (list [2]ownership.Record, err error) {
	for i, side := range bothSides {
		db, err := w.server(side).RootDB()
		if err != nil {
			return list, err
		}
		all, err := ownership.Load(context.Background(), db, w.name)
		if err != nil {
			return list, err
		}
		list[i] = all[ownership.Default]
	}
	return list, nil
}

var errLate = errors.New("waited too long")

// until waits for something to become true.
func until(what string, is func() (bool, error)) error {
	return within(patience, what, is)
}

func within(most time.Duration, what string, is func() (bool, error)) error {
	for deadline := time.Now().Add(most); ; time.Sleep(40 * time.Millisecond) {
		ok, err := is()
		if ok {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w for %s: %v", errLate, what, err)
		}
	}
}

// agreed waits until both sides say the same about who owns the tables.
func (w *world) agreed() (ownership.Record, error) {
	var last ownership.Record
	err := until("both sides to agree on the owner", func() (bool, error) {
		list, err := w.records()
		last = list[0]
		return err == nil && list[0] == list[1] && last.Epoch > 0, fmt.Errorf("%v %w", list, err)
	})
	return last, err
}

// at makes sure that a side owns the tables.
func (w *world) at(side ownership.Side) error {
	now, err := w.agreed()
	if err != nil || now.Owner == side {
		return err
	}
	args := []string{"plan", "run", "--unrehearsed", "--confirm=bank"}
	if side == ownership.Source {
		args = []string{"rollback", "--confirm=bank"}
	}
	if _, err := w.types(args...); err != nil {
		return err
	}
	now, err = w.agreed()
	if err == nil && now.Owner != side {
		err = fmt.Errorf("the %s owns the tables after tandem %s", now.Owner, strings.Join(args, " "))
	}
	return err
}

// writes waits until the bank has written on a side since the last mark.
func (w *world) writes(side ownership.Side) error {
	began := w.bank.Since().BySide[string(side)]
	return until("the bank to write on the "+string(side), func() (bool, error) {
		return w.bank.Since().BySide[string(side)] > began+5, nil
	})
}

// books looks at the bank's books on both sides, once these have everything.
func (w *world) books() error {
	return w.bank.Rest(func() error {
		var last error
		return until("the books of both sides to be right", func() (bool, error) {
			for i, side := range bothSides {
				db, err := sql.Open("mysql", w.server(side).Config(sandbox.UserScala, bankDatabase).FormatDSN())
				if err != nil {
					return false, err
				}
				v, err := w.bank.Check(context.Background(), db)
				_ = db.Close() // only read
				if err != nil || !v.OK() {
					last = fmt.Errorf("%s: %s %w", w.sides[i].Name, v, err)
					return false, last
				}
			}
			return true, nil
		})
	})
}

// breaches counts the rows that were kept because the wrong side has written them.
func (w *world) breaches() (n int, err error) {
	for _, side := range bothSides {
		db, err := w.server(side).RootDB()
		if err != nil {
			return n, err
		}
		var some int
		if err := db.QueryRow("SELECT COUNT(*) FROM _tandem.breach").Scan(&some); err != nil {
			return n, err
		}
		n += some
	}
	return n, nil
}

// last stops everybody, and compares both databases byte for byte.
func (w *world) last() error {
	return w.bank.Rest(func() error {
		for _, p := range w.probes {
			p.rest.Lock()
			defer p.rest.Unlock()
		}
		return until("both databases to be equal", func() (bool, error) {
			v, err := sandbox.Compare(context.Background(), w.pair.Source, w.pair.Target, []string{bankDatabase})
			return err == nil && v.Equal, fmt.Errorf("%v %w", v, err)
		})
	})
}
