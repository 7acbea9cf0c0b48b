package gcp_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"
	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
	"tandem/internal/gcp"
	"tandem/internal/gcp/gcpfake"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

const orders = "shop:europe-west1:orders"

// echo is a backend that says back what it is told.
func echo(t *testing.T, prefix string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, prefix)
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func dialer(t *testing.T, c *gcp.Client, o gcp.DialOptions) *gcp.Dialer {
	t.Helper()
	d, err := c.Dialer(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// hear dials and reads what the backend says first.
func hear(t *testing.T, d *gcp.Dialer) string {
	t.Helper()
	c, err := d.Dial(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := make([]byte, 1)
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDialTakesTheRouteThatIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options gcp.DialOptions
		route   string
		logins  int
	}{
		{"public", gcp.DialOptions{}, "public", 0},
		{"private", gcp.DialOptions{PrivateIP: true}, "private", 0},
		{"PSC", gcp.DialOptions{PSC: true}, "private", 0},
		{"IAM", gcp.DialOptions{IAM: true}, "public", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := gcpfake.New(t)
			i := s.Instance(orders, echo(t, "a"))
			i.Edit(func(d *sqladmin.DatabaseInstance) { d.Settings.IpConfiguration.PscConfig.PscEnabled = test.options.PSC })
			d := dialer(t, s.Client(t), test.options)
			for range 2 {
				if got := hear(t, d); got != "a" {
					t.Errorf("heard %q", got)
				}
			}
			if i.Dials(test.route) != 2 || i.Logins() != test.logins {
				t.Errorf("%d connections by the %s route, %d logins; want 2 and %d", i.Dials(test.route), test.route, i.Logins(), test.logins)
			}
			// A certificate lives for an hour: the second connection asks for none.
			if n := s.Count("sql.connect.generateEphemeralCert"); n != 1 {
				t.Errorf("%d certificates were asked for, want 1", n)
			}
		})
	}
}

// A process of its own is given the endpoint only: what the fake answers leads it
// to the instance.
func TestInstancesAreReachedByTheAddressesThatTheFakeTells(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux answers at every loopback address")
	}
	s := gcpfake.New(t)
	s.Instance(orders, echo(t, "a"))
	c, err := gcp.New(t.Context(), gcp.Options{Endpoint: s.URL(), Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, o := range []gcp.DialOptions{{}, {PrivateIP: true}} {
		if got := hear(t, dialer(t, c, o)); got != "a" {
			t.Errorf("%+v: heard %q", o, got)
		}
	}
}

func TestDialFollowsAnInstanceThatMoved(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	i := s.Instance(orders, echo(t, "a"))
	d := dialer(t, s.Client(t), gcp.DialOptions{})
	c, err := d.Dial(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	i.Backend(echo(t, "b"))
	i.Drop()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the old connection lives on: %v", err)
	}
	if got := hear(t, d); got != "b" {
		t.Errorf("heard %q of the new backend", got)
	}
}

func TestDialSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		spoil   func(*gcpfake.Server)
		to      string
		options gcp.DialOptions
		kind    error
		text    string
	}{
		{"no right", func(s *gcpfake.Server) { s.Deny("cloudsql.instances.connect") }, orders, gcp.DialOptions{}, cloud.ErrDenied, "cloudsql.instances.connect is needed"},
		{"no such instance", nil, "shop:europe-west1:other", gcp.DialOptions{}, cloud.ErrNotFound, "connect to shop:europe-west1:other: not found"},
		{"wrong region", nil, "shop:us-east1:orders", gcp.DialOptions{}, nil, "region was mismatched"},
		{"no endpoint of PSC", nil, orders, gcp.DialOptions{PSC: true}, nil, "PSC"},
		{"no name", nil, "orders", gcp.DialOptions{}, nil, "want project:region:instance"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := gcpfake.New(t)
			s.Instance(orders, echo(t, "a"))
			if test.spoil != nil {
				test.spoil(s)
			}
			_, err := dialer(t, s.Client(t), test.options).Dial(t.Context(), test.to)
			refused(t, err, test.kind, test.text)
		})
	}
}

func TestDialIsGivenUpWithItsContext(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, echo(t, "a"))
	ctx, cancel := context.WithCancelCause(t.Context())
	s.Before("sql.connect.get", func() { cancel(errors.New("the run ends")) })
	s.Fail(gcpfake.Fault{API: "sql.connect.get", Status: 503, Times: -1})
	_, err := dialer(t, s.Client(t), gcp.DialOptions{}).Dial(ctx, orders)
	refused(t, err, nil, "the run ends")
}

func TestQueriesRunThroughTheConnector(t *testing.T) {
	t.Parallel()
	pair := sandboxtest.Shared(t)
	source := pair.SourceDB(t)
	sandboxtest.Exec(t, source, "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2), (3)")
	s := gcpfake.New(t)
	s.Instance(orders, net.JoinHostPort("127.0.0.1", strconv.Itoa(pair.Source.Port)))
	d := dialer(t, s.Client(t), gcp.DialOptions{})

	config, err := mysql.ParseDSN(pair.Source.DSN(sandbox.UserTandem, pair.Database))
	if err != nil {
		t.Fatal(err)
	}
	config.Net, config.Addr = "cloudsql", orders
	config.DialFunc = func(ctx context.Context, _, addr string) (net.Conn, error) { return d.Dial(ctx, addr) }
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM t").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 3 {
		t.Errorf("counted %d rows, want 3", n)
	}
}

func TestNothingRunsOnAfterClose(t *testing.T) {
	// Not parallel: other tests' goroutines would be seen.
	before := goleak.IgnoreCurrent()
	t.Run("a session", func(t *testing.T) {
		s := gcpfake.New(t)
		s.Instance(orders, echo(t, "a"))
		d := dialer(t, s.Client(t), gcp.DialOptions{})
		hear(t, d)
		if _, err := s.Client(t).Instance(t.Context(), orders); err != nil {
			t.Fatal(err)
		}
	})
	goleak.VerifyNone(t, before)
}
