package awsfake_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"go.uber.org/goleak"

	"tandem/internal/aws"
	"tandem/internal/aws/awsfake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A request is taken if it is signed for what it is, and for no other reason.
func TestSignatures(t *testing.T) {
	t.Parallel()
	fake := awsfake.New(t)
	const body = "Action=DescribeDBClusters&Version=2014-10-31"
	const hash = "91ba9ac1e4c4a4e4b1d2a94a2d52a8ea6b7a6f4f2a0a9a2c0a0a0a0a0a0a0a0a" // of something else
	for name, test := range map[string]struct {
		at     time.Time
		key    string
		secret string
		change func(*http.Request)
		hash   string
		want   int
	}{
		"good":          {want: 200},
		"another key":   {key: "AKIDOTHER", want: 403},
		"another one's": {secret: "guess", want: 403},
		"old":           {at: time.Now().Add(-time.Hour), want: 403},
		"other body":    {hash: hash, want: 403},
		"none":          {change: func(r *http.Request) { r.Header.Del("Authorization") }, want: 403},
		"broken":        {change: func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x") }, want: 403},
		"other path":    {change: func(r *http.Request) { r.URL.Path = "/other" }, want: 403},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fake.URL()+"/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		at, credentials, sum := time.Now(), sdk.Credentials{AccessKeyID: awsfake.AccessKey, SecretAccessKey: awsfake.SecretKey}, ""
		if !test.at.IsZero() {
			at = test.at
		}
		if test.key != "" {
			credentials.AccessKeyID = test.key
		}
		if test.secret != "" {
			credentials.SecretAccessKey = test.secret
		}
		if sum = test.hash; sum == "" {
			sum = awsfake.HashOf(body)
		}
		if err := v4.NewSigner().SignHTTP(t.Context(), credentials, request, sum, "rds", awsfake.Region, at); err != nil {
			t.Fatal(err)
		}
		if test.change != nil {
			test.change(request)
		}
		response, err := fake.Options(t).HTTPClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("%s is answered with %s %s, want %d", name, response.Status, text, test.want)
		}
	}
}

// The names of a cluster lead to its members, and the writer's follows a failover.
func TestDial(t *testing.T) {
	t.Parallel()
	fake := awsfake.New(t)
	one, two := says(t, "one"), says(t, "two")
	fake.AddCluster(awsfake.Cluster{ID: "courier", CustomEndpoints: []string{"reports.example.com"}, Members: []*awsfake.Member{
		{ID: "courier-1", Writer: true, Addr: one}, {ID: "courier-2", Addr: two},
	}})
	read := func(host string) string {
		t.Helper()
		conn, err := fake.Dial(t.Context(), "tcp", host+":3306")
		if err != nil {
			return err.Error()
		}
		defer func() { _ = conn.Close() }()
		line, _ := bufio.NewReader(conn).ReadString('\n')
		return strings.TrimSpace(line)
	}
	const writer, reader = "courier.cluster-c0ffee.eu-west-1.rds.amazonaws.com", "courier.cluster-ro-c0ffee.eu-west-1.rds.amazonaws.com"
	expect := func(host, want string) {
		t.Helper()
		if got := read(host); !strings.Contains(got, want) {
			t.Errorf("%s leads to %q, want %q", host, got, want)
		}
	}
	expect(writer, "one")
	expect(reader, "two")
	expect("reports.example.com", "one")
	expect("courier-2.c0ffee.eu-west-1.rds.amazonaws.com", "two")
	expect("nowhere.example.com", "no such host")
	if err := fake.Client(t).Failover(t.Context(), awsfake.Region, "courier", ""); err != nil {
		t.Fatal(err)
	}
	expect(writer, "two")
	expect(reader, "one")
	fake.Do(func(s *awsfake.State) { s.Clusters[awsfake.Region+"/courier"].Members[1].Status = "rebooting" })
	expect(writer, "refused")
}

// says listens, and says a word to whoever comes.
func says(t *testing.T, word string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, word+"\n")
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

// A process that is started with Env reaches the fake through the SDK's own default
// chain, all services of it.
func TestEnv(t *testing.T) {
	fake := awsfake.New(t)
	fake.AddCluster(awsfake.Cluster{ID: "courier", Members: []*awsfake.Member{{ID: "courier-1", Writer: true}}})
	fake.AddBucket("reports")
	fake.SetSecret(awsfake.Region, "tandem", "planted")
	for _, pair := range fake.Env() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client, err := aws.New(ctx, aws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := client.Cluster(ctx, "", "courier"); err != nil || c.Region != awsfake.Region {
		t.Errorf("the cluster is in %q, %v", c.Region, err)
	}
	if _, err := client.Secrets().Read(ctx, "aws://eu-west-1/tandem"); err != nil {
		t.Error(err)
	}
	if err := client.Store("").Create(ctx, "reports", "a/b", "text/plain", []byte("x")); err != nil {
		t.Error(err)
	}
	if _, err := client.Identity(ctx, ""); err != nil {
		t.Error(err)
	}
}
