package gcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/cloudresourcemanager/v1"
	"google.golang.org/api/dns/v1"
	"google.golang.org/api/option"
	"google.golang.org/api/secretmanager/v1"
	"google.golang.org/api/sqladmin/v1"
	"google.golang.org/api/storage/v1"
	transport "google.golang.org/api/transport/http"

	"tandem/internal/cloud"
)

// Options say where the cloud is and who asks. The zero value is the real one, and
// the application default credentials.
type Options struct {
	// Endpoint is the base URL of every API, for tests; empty for the real ones.
	Endpoint string
	// HTTPClient is used as it is, for tests: it brings its own credentials.
	HTTPClient *http.Client
	// DialFunc is under the connector, for tests.
	DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)
	// Anonymous asks without credentials, for tests.
	Anonymous bool
	// Wait lets time pass between attempts and between looks at an operation; nil
	// for a timer. Tests give one that does not wait.
	Wait func(ctx context.Context, d time.Duration) error
}

// Client asks Google Cloud. It may be used from several goroutines.
type Client struct {
	options Options
	// base is under everything the client made itself; Close drops its idle
	// connections.
	base *http.Transport

	http     lazy[*http.Client]
	sql      lazy[*sqladmin.Service]
	dns      lazy[*dns.Service]
	storage  lazy[*storage.Service]
	projects lazy[*cloudresourcemanager.Service]
	secrets  lazy[*secretmanager.Service]
}

// New returns a client. It asks nothing and looks for no credentials: that happens
// when something is asked.
func New(_ context.Context, o Options) (*Client, error) {
	if o.Endpoint != "" && !strings.HasPrefix(o.Endpoint, "http://") && !strings.HasPrefix(o.Endpoint, "https://") {
		return nil, fmt.Errorf("reach Google Cloud at %q: an endpoint is a URL such as http://127.0.0.1:8080", o.Endpoint)
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		standard = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	return &Client{options: o, base: standard.Clone()}, nil
}

// Close drops idle connections. Dialers are closed by whoever asked for them.
func (c *Client) Close() error {
	c.base.CloseIdleConnections()
	if c.options.HTTPClient != nil {
		c.options.HTTPClient.CloseIdleConnections()
	}
	return nil
}

// scope is all of Google Cloud: what the caller may do is IAM's to say.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// client returns what carries every request, with credentials.
func (c *Client) client() (*http.Client, error) {
	return c.http.get(func() (*http.Client, error) {
		switch {
		case c.options.HTTPClient != nil:
			return c.options.HTTPClient, nil
		case c.options.Anonymous:
			return &http.Client{Transport: c.base}, nil
		}
		// The context lives as long as the credentials do, not as long as a call.
		t, err := transport.NewTransport(context.Background(), c.base,
			option.WithScopes(scope), option.WithUserAgent(userAgent), option.WithTelemetryDisabled())
		if err != nil {
			return nil, &Error{What: "find credentials for Google Cloud", kind: cloud.ErrNoCredentials, Err: err}
		}
		return &http.Client{Transport: t}, nil
	})
}

const userAgent = "tandem"

// serviceOf makes a service once somebody needs it.
func serviceOf[T any](c *Client, l *lazy[T], path string, create func(context.Context, ...option.ClientOption) (T, error)) (T, error) {
	return l.get(func() (T, error) {
		var none T
		h, err := c.client()
		if err != nil {
			return none, err
		}
		options := []option.ClientOption{option.WithHTTPClient(h)}
		if c.options.Endpoint != "" {
			options = append(options, option.WithEndpoint(strings.TrimSuffix(c.options.Endpoint, "/")+path))
		}
		return create(context.Background(), options...)
	})
}

func (c *Client) sqladmin() (*sqladmin.Service, error) {
	return serviceOf(c, &c.sql, "/", sqladmin.NewService)
}

// lazy is made when it is first needed, and tried again when that failed.
type lazy[T any] struct {
	mu    sync.Mutex
	made  bool
	value T
}

func (l *lazy[T]) get(create func() (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made {
		return l.value, nil
	}
	v, err := create()
	if err != nil {
		return v, err
	}
	l.value, l.made = v, true
	return v, nil
}

// wait lets time pass, unless the context ends first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// ParseInstance takes a connection name apart: project:region:name, where a
// project of old may have a domain in front (example.com:project).
func ParseInstance(connectionName string) (project, region, name string, err error) {
	parts := strings.Split(connectionName, ":")
	n := len(parts)
	if n < 3 || n > 4 {
		return "", "", "", badName(connectionName)
	}
	for _, p := range parts {
		if p == "" || strings.ContainsAny(p, "/ \t\n?#%") {
			return "", "", "", badName(connectionName)
		}
	}
	return strings.Join(parts[:n-2], ":"), parts[n-2], parts[n-1], nil
}

func badName(connectionName string) error {
	return fmt.Errorf("connection name %q: %w", connectionName, errName)
}

var errName = errors.New("want project:region:instance, as gcloud sql instances describe prints it under connectionName")
