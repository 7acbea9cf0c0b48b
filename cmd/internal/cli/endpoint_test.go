package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
	"tandem/internal/config"
	"tandem/internal/gcp/gcpfake"
	"tandem/internal/mysqldb"
)

const cloudInstance = "example-project:europe-west1:courier"

// underClouds are the clouds of a test, and the endpoint of its file's target.
func underClouds(t *testing.T, google *gcpfake.Server, amazon *awsfake.Server, source, target string) (*clouds, mysqldb.Endpoint, mysqldb.Endpoint) {
	t.Helper()
	none := func(string) string { return "" }
	cfg, err := config.Parse("tandem.yaml", []byte("version: 1\nmigration: m\nsource: "+source+"\ntarget: "+target+"\ntables: {include: [\"d.*\"]}\n"), none, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := Process{LookupEnv: func(string) (string, bool) { return "", false }}
	if google != nil {
		p.GCP = google.Client(t)
	}
	if amazon != nil {
		p.AWS = amazon.Client(t)
	}
	c := newClouds(p)
	t.Cleanup(c.close)
	var made []mysqldb.Endpoint
	for side, e := range map[string]config.Endpoint{"source": cfg.Source.Endpoint, "target": cfg.Target} {
		m, err := c.endpoint(side, e)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, m)
	}
	if made[0].Side() != "source" {
		made[0], made[1] = made[1], made[0]
	}
	return c, made[0], made[1]
}

const plainSide = "{host: 10.0.0.1, user: tandem}"

// TestAuroraEndpoint follows a cluster: where it is, who vouches for it, with what
// one logs in, and what holds while the cloud does not answer.
func TestAuroraEndpoint(t *testing.T) {
	t.Parallel()
	amazon := awsfake.New(t)
	amazon.AddCluster(awsfake.Cluster{ID: "courier", Endpoint: "one.example.com", Port: 3310, IAMAuth: true})
	move := func(host string) {
		amazon.Do(func(s *awsfake.State) { s.Clusters[awsfake.Region+"/courier"].Endpoint = host })
	}
	c, _, e := underClouds(t, nil, amazon, plainSide, "{aurora: {cluster: courier, region: "+awsfake.Region+"}, user: tandem, password: {iam: true}}")
	if !e.Writer || !e.Secure() || e.Tunnel || e.Authority == "" {
		t.Errorf("the endpoint is %+v", e)
	}
	at := func(want string) {
		t.Helper()
		if got, err := e.Locate(t.Context()); err != nil || got != want {
			t.Errorf("the writer is at %s, %v; want %s", got, err, want)
		}
	}
	if amazon.Count("DescribeDBClusters") > 0 {
		t.Error("the cloud was asked before anybody has dialled")
	}
	at("one.example.com:3310")
	at("one.example.com:3310")
	if n := amazon.Count("DescribeDBClusters"); n != 1 {
		t.Errorf("connections that are opened at once ask %d times", n)
	}
	// A token is for one host, and made anew each time.
	first, err := e.Password(t.Context())
	if err != nil || !strings.HasPrefix(first, "one.example.com:3310") || !strings.Contains(first, "DBUser=tandem") {
		t.Errorf("the token is %.60s…, %v", first, err)
	}

	// As time goes by: the cloud does not answer, answers, tells of another place,
	// and does not answer again.
	for _, aurora := range []config.Aurora{
		{Cluster: "courier", Region: awsfake.Region, Endpoint: "given.example.com"},
		{Cluster: "courier", Region: awsfake.Region},
	} {
		w := &writer{clouds: c, aurora: aurora}
		move("one.example.com")
		for _, step := range []struct {
			fail        bool
			move        string
			given, none string
		}{
			{fail: true, given: "given.example.com:3306"},
			{given: "one.example.com:3310", none: "one.example.com:3310"},
			{move: "two.example.com", given: "two.example.com:3310", none: "two.example.com:3310"},
			{fail: true, given: "given.example.com:3306", none: "two.example.com:3310"},
		} {
			if step.fail {
				amazon.Fail(awsfake.Fault{Action: "rds:DescribeDBClusters", Kind: awsfake.Denied, Times: -1})
			}
			if step.move != "" {
				move(step.move)
			}
			want := step.given
			if aurora.Endpoint == "" {
				want = step.none
			}
			before := amazon.Count("DescribeDBClusters")
			for range 3 {
				got, err := w.locate(t.Context())
				if got != want || (err == nil) != (want != "") {
					t.Errorf("%+v: the writer is at %q, %v; want %q", step, got, err, want)
				}
			}
			if n := amazon.Count("DescribeDBClusters") - before; n != 1 {
				t.Errorf("%+v: the cloud was asked %d times by those who connect at once", step, n)
			}
			amazon.Heal()
			w.at = w.at.Add(-sharedFor)
		}
	}
	amazon.Fail(awsfake.Fault{Action: "rds:DescribeDBClusters", Kind: awsfake.Denied, Times: -1})
	nothing := &writer{clouds: c, aurora: config.Aurora{Cluster: "courier", Region: awsfake.Region}}
	if got, err := nothing.locate(t.Context()); !errors.Is(err, cloud.ErrDenied) {
		t.Errorf("with nothing to go by the writer is at %s, %v", got, err)
	}
	given := &writer{clouds: c, aurora: config.Aurora{Region: awsfake.Region, Endpoint: "given.example.com"}}
	asked := amazon.Count("DescribeDBClusters")
	if got, err := given.locate(t.Context()); err != nil || got != "given.example.com:3306" || amazon.Count("DescribeDBClusters") != asked {
		t.Errorf("an endpoint without a cluster is at %s, %v, after asking the cloud", got, err)
	}
}

// TestCloudSQLEndpoint dials an instance by each way there is, with one dialer for
// each; the secret is read at every log-in.
func TestCloudSQLEndpoint(t *testing.T) {
	t.Parallel()
	backend := echo(t)
	for _, c := range []struct {
		name, more, route string
		logins            int
	}{
		{"public", "", "public", 0},
		{"private", ", private_ip: true", "private", 0},
		{"psc", ", psc: true", "private", 0},
		{"iam", "", "public", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			google := gcpfake.New(t)
			i := google.Instance(cloudInstance, backend)
			if c.name == "psc" {
				i.Edit(func(d *sqladmin.DatabaseInstance) { d.Settings.IpConfiguration.PscConfig.PscEnabled = true })
			}
			google.Secret("projects/example-project/secrets/tandem", "first")
			password := `{secret: "gcp://projects/example-project/secrets/tandem"}`
			if c.name == "iam" {
				password = "{iam: true}"
			}
			clouds, e, _ := underClouds(t, google, nil, `{cloudsql: {instance: "`+cloudInstance+`"`+c.more+`}, user: tandem, password: `+password+`}`, plainSide)
			if !e.Secure() || !e.Tunnel || e.TLS != nil || e.Writer {
				t.Errorf("the endpoint is %+v", e)
			}
			for range 2 {
				conn, _, err := e.Connect(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				said, err := io.ReadAll(conn)
				if err != nil || string(said) != "hello" {
					t.Errorf("the server says %q, %v", said, err)
				}
				if err := conn.Close(); err != nil {
					t.Log(err) // the server has gone first
				}
			}
			if i.Dials(c.route) != 2 || i.Dials("public")+i.Dials("private") != 2 || len(clouds.dialers) != 1 {
				t.Errorf("%d public and %d private connections by %d dialers", i.Dials("public"), i.Dials("private"), len(clouds.dialers))
			}
			if (i.Logins() > 0) != (c.logins > 0) {
				t.Errorf("%d certificates carried a token", i.Logins())
			}
			if c.name == "iam" {
				if got, err := e.Password(t.Context()); err != nil || got != "" {
					t.Errorf("the password is %q, %v", got, err)
				}
				return
			}
			for _, want := range []string{"first", "rotated"} {
				if got, err := e.Password(t.Context()); err != nil || got != want {
					t.Errorf("the password is %q, %v; want %q", got, err, want)
				}
				google.Secret("projects/example-project/secrets/tandem", "rotated")
			}
		})
	}
}

// echo is a server that says hello and goes.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // the test is over
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("hello")) // the test looks at what arrives
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// TestPlainEndpointNeedsNoCloud: who gives a host pays for no SDK.
func TestPlainEndpointNeedsNoCloud(t *testing.T) {
	t.Parallel()
	c, e, _ := underClouds(t, nil, nil, plainSide, plainSide[:len(plainSide)-1]+", port: 3307}")
	if e.Locate != nil || e.Dial != nil || e.Tunnel || e.Writer || c.google != nil || c.amazon != nil {
		t.Errorf("a plain endpoint is %+v", e)
	}
}

// TestFakesAreOnThisMachine: what a variable of tests names gets no credentials and
// is never asked elsewhere.
func TestFakesAreOnThisMachine(t *testing.T) {
	t.Parallel()
	for at, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"http://10.0.0.1:8080": false, "https://sqladmin.example.com": false, "127.0.0.1:8080": false, "http://localhost.example.com": false, "%": false,
	} {
		c := newClouds(Process{LookupEnv: func(name string) (string, bool) { return at, name == gcpEndpointVariable }})
		_, err := c.gcp(context.Background())
		if (err == nil) != ok {
			t.Errorf("%s: %v", at, err)
		}
		c.close()
	}
}
