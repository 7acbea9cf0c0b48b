package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"

	"tandem/internal/aws"
	"tandem/internal/config"
	"tandem/internal/gcp"
)

// gcpEndpointVariable names a fake of Google's APIs, for tests that run the
// program. AWS has a variable of its own for that, which its SDK reads.
const gcpEndpointVariable = "TANDEM_GCP_ENDPOINT"

// clouds hold the two SDK clients, and what connections are made with. They are
// made when somebody needs them: who moves between plain servers has no identity
// in a cloud, and pays nothing for it.
type clouds struct {
	lookup func(string) (string, bool)

	mu      sync.Mutex
	google  *gcp.Client
	amazon  *aws.Client
	dialers map[gcp.DialOptions]*gcp.Dialer
	closers []func() error
}

func newClouds(p Process) *clouds {
	c := &clouds{lookup: p.LookupEnv, google: p.GCP, amazon: p.AWS, dialers: map[gcp.DialOptions]*gcp.Dialer{}}
	if c.lookup == nil {
		c.lookup = os.LookupEnv
	}
	return c
}

// gcp returns the client of Google Cloud. The first call makes it.
func (c *clouds) gcp(ctx context.Context) (*gcp.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.google != nil {
		return c.google, nil
	}
	var o gcp.Options
	if at, _ := c.lookup(gcpEndpointVariable); at != "" {
		if err := loopback(at); err != nil {
			return nil, fmt.Errorf("%s: %w", gcpEndpointVariable, err)
		}
		o.Endpoint, o.Anonymous = at, true
	}
	client, err := gcp.New(lasting(ctx), o)
	if err != nil {
		return nil, err
	}
	c.google = client
	c.closers = append(c.closers, client.Close)
	return client, nil
}

// aws returns the client of AWS. The first call makes it.
func (c *clouds) aws(ctx context.Context) (*aws.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.amazon != nil {
		return c.amazon, nil
	}
	client, err := aws.New(lasting(ctx), aws.Options{})
	if err != nil {
		return nil, err
	}
	c.amazon = client
	return client, nil
}

// lasting is for what outlives the call that makes it.
func lasting(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// loopback refuses an address that credentials, or rows, could leave the machine by.
func loopback(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return errors.New("this is not a URL")
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return errors.New("only an address of this machine is taken, such as http://127.0.0.1:8080: the variable is for tests")
	}
	return nil
}

// secret reads what a reference names, in the store of its cloud.
func (c *clouds) secret(ctx context.Context, reference string) (string, error) {
	if strings.HasPrefix(reference, "gcp://") {
		client, err := c.gcp(ctx)
		if err != nil {
			return "", err
		}
		return client.Secrets().Read(ctx, reference)
	}
	client, err := c.aws(ctx)
	if err != nil {
		return "", err
	}
	return client.Secrets().Read(ctx, reference)
}

// dialCloudSQL connects to an instance through its connector. One dialer serves all
// instances that are reached in the same way: it keeps their certificates.
func (c *clouds) dialCloudSQL(ctx context.Context, e config.Endpoint, instance string) (net.Conn, error) {
	d, err := c.dialer(ctx, gcp.DialOptions{PrivateIP: e.CloudSQL.PrivateIP, PSC: e.CloudSQL.PSC, IAM: e.Password.IAM})
	if err != nil {
		return nil, err
	}
	return d.Dial(ctx, instance)
}

func (c *clouds) dialer(ctx context.Context, o gcp.DialOptions) (*gcp.Dialer, error) {
	client, err := c.gcp(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.dialers[o]; d != nil {
		return d, nil
	}
	d, err := client.Dialer(lasting(ctx), o)
	if err != nil {
		return nil, err
	}
	c.dialers[o] = d
	c.closers = append(c.closers, d.Close)
	return d, nil
}

// close lets go of everything, last made first. It comes when the program ends, so
// nobody can do anything about what goes wrong.
func (c *clouds) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.closers) - 1; i >= 0; i-- {
		_ = c.closers[i]()
	}
	c.closers = nil
}
