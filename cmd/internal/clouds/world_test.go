package clouds

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/aws/awsfake"
	"tandem/internal/gcp/gcpfake"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/bank"
	"tandem/internal/sandbox/sandboxtest"
)

const (
	instanceName = "example-project:europe-west1:courier"
	clusterName  = "courier-prod"
	gcpSecret    = "projects/example-project/secrets/tandem"
	awsSecret    = "tandem/target"
)

// world is a source in Cloud SQL and a target in Aurora, as far as the program can
// tell, and an application on the source.
type world struct {
	t        *testing.T
	dir      string
	env      []string
	google   *gcpfake.Server
	instance *gcpfake.Instance
	amazon   *awsfake.Server
	pair     *sandbox.Pair
	lives    []*life
	bank     *bank.Bank
	stop     func() // the application
}

const plan = `version: 1
name: bank-to-aurora
stages:
  - name: one
    handover: ["*"]
    approve: {within: 2m}
    gates: {timeout: 60s, lag: {below: 5s}, parity: {within: 10m}, reverse: {canary: true}}
    pause_budget: 10s
`

func newWorld(t *testing.T) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("takes real servers, and its time")
	}
	w := &world{t: t, dir: t.TempDir(), pair: sandboxtest.Pair(t), google: gcpfake.New(t), amazon: awsfake.New(t)}
	w.instance = w.google.Instance(instanceName, w.pair.Source.Addr())
	w.google.Secret(gcpSecret, w.pair.Source.Password())
	w.amazon.AddCluster(awsfake.Cluster{
		ID: clusterName, Endpoint: w.pair.Target.Host(), Port: w.pair.Target.Port, IAMAuth: true,
		Members: []*awsfake.Member{
			{ID: clusterName + "-1", Writer: true, Host: w.pair.Target.Host(), Port: w.pair.Target.Port, Addr: w.pair.Target.Addr()},
		},
	})
	w.amazon.SetSecret(awsfake.Region, awsSecret, fmt.Sprintf(`{"username": "tandem", "password": %q}`, w.pair.Target.Password()))
	w.env = append(w.amazon.Env(), "TANDEM_GCP_ENDPOINT="+w.google.URL())
	w.configure(fmt.Sprintf(`{secret: "gcp://%s"}`, gcpSecret), fmt.Sprintf(`{secret: "aws://%s/%s"}`, awsfake.Region, awsSecret))
	w.write("plan.yaml", plan)
	return w
}

// configure writes tandem.yaml, with these providers of passwords.
func (w *world) configure(source, target string) {
	w.t.Helper()
	w.write("tandem.yaml", fmt.Sprintf(`version: 1
migration: bank
source:
  cloudsql: {instance: %q, private_ip: true}
  user: %s
  password: %s
target:
  aurora: {cluster: %s, region: %s}
  user: %[2]s
  password: %[6]s
  tls: {mode: verify-ca, ca: %[7]s}
tables: {include: ["bank.*"]}
`, instanceName, sandbox.UserTandem, source, clusterName, awsfake.Region, target, filepath.Join(w.pair.Target.DataDir(), "ca.pem")))
}

func (w *world) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

const (
	accounts = 40
	writers  = 3
	tps      = 60
)

// open makes the bank's tables on the source. start lets its application in, once
// they are copied: a table without a key is copied in a moment of calm.
// follow says that it goes to the target where the source lets it not write;
// otherwise it waits for the source.
func (w *world) open(follow bool) {
	w.t.Helper()
	sandboxtest.Exec(w.t, sandboxtest.RootDB(w.t, w.pair.Source, ""), "CREATE DATABASE bank")
	if err := bank.Create(w.t.Context(), sandboxtest.RootDB(w.t, w.pair.Source, "bank"), accounts); err != nil {
		w.t.Fatal(err)
	}
	o := bank.Options{Accounts: accounts, Writers: writers, TPS: tps, Seed: 6}
	for i, side := range []string{"source", "target"} {
		s, user := w.pair.Source, []string{sandbox.UserScala, sandbox.UserRails}[i]
		if follow {
			s, user = w.pair.Servers()[i], sandbox.UserScala
		}
		config := s.Config(user, "bank")
		config.InterpolateParams, config.Logger = true, &mysql.NopLogger{}
		connector, err := mysql.NewConnector(config)
		if err != nil {
			w.t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		w.t.Cleanup(func() { _ = db.Close() }) // the test is over
		o.Sides[i] = bank.Side{Name: side, DB: db}
	}
	var err error
	if w.bank, err = bank.New(o); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.bank.Run(ctx) }()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("the application: %v", err)
		}
	}
	w.t.Cleanup(w.stop)
}

// until waits for something to become true, and says how long that took.
func (w *world) until(what string, is func() bool) time.Duration {
	w.t.Helper()
	began := time.Now()
	for !is() {
		if time.Since(began) > patience {
			w.t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if took := time.Since(began); took > 3*time.Second {
		w.t.Logf("waited %s for %s", took.Round(time.Millisecond), what)
	}
	return time.Since(began)
}

// replicate starts the daemon, and waits until everything is copied and equal.
func (w *world) replicate() *life {
	w.t.Helper()
	daemon := w.live("replicate")
	w.until("the copy to be done", func() bool {
		select {
		case <-daemon.ended:
			w.t.Fatal("the replicator has ended")
		default:
		}
		return w.live("verify").code() == 0
	})
	w.start()
	return daemon
}

// rows counts what is in the ledger of a server.
func (w *world) rows(s *sandbox.Server) (n int64) {
	w.t.Helper()
	if err := sandboxtest.RootDB(w.t, s, "").QueryRow("SELECT COUNT(*) FROM bank.ledger").Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// judge stops the application and waits until both servers hold the same, byte for
// byte. Then nothing may be lost, and nothing doubled, on either.
func (w *world) judge(source, target *sandbox.Server) {
	w.t.Helper()
	w.stop()
	w.until("both sides to be equal", func() bool {
		v, err := sandbox.Compare(context.Background(), source, target, []string{"bank"})
		if err != nil {
			w.t.Fatal(err)
		}
		return v.Equal
	})
	for _, s := range []*sandbox.Server{source, target} {
		v, err := w.bank.Check(w.t.Context(), sandboxtest.RootDB(w.t, s, "bank"))
		if err != nil {
			w.t.Fatal(err)
		}
		if !v.OK() || v.Rows == 0 {
			w.t.Errorf("%s: %s", s.Name(), v)
		}
	}
}

// digest is that of the plan.
func (w *world) digest() string {
	w.t.Helper()
	var shown struct{ Digest struct{ Sum string } }
	l := w.live("plan", "show", "-o", "json").want(0)
	if err := json.Unmarshal(l.out.Bytes(), &shown); err != nil {
		w.t.Fatal(err)
	}
	return shown.Digest.Sum
}

// handOver runs the plan, and approves its stage when it waits for that.
func (w *world) handOver() {
	w.t.Helper()
	l := w.live("plan", "run", "--unrehearsed", "--confirm=bank")
	w.until("the stage to be approved", func() bool {
		select {
		case <-l.ended:
			return true
		default:
		}
		return strings.Contains(l.said(), "wait for a person") && w.live("plan", "approve", "one", "--digest", w.digest()).code() == 0
	})
	l.want(0)
}
