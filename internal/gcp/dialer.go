package gcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"cloud.google.com/go/cloudsqlconn"
	"cloud.google.com/go/cloudsqlconn/errtype"
	"golang.org/x/oauth2"
)

// DialOptions say how instances are reached. Without any it is the public address,
// and a user with a password.
type DialOptions struct {
	// PrivateIP dials the address in the VPC, PSC the endpoint of Private Service
	// Connect.
	PrivateIP, PSC bool
	// IAM logs in with the identity: the user has no password.
	IAM bool
}

// Dialer opens connections through Cloud SQL's connector: TLS with a certificate
// that IAM gave, to the instance of that name and no other. The MySQL protocol in
// it is spoken without TLS.
type Dialer struct {
	connector *cloudsqlconn.Dialer
	iam       bool
}

// Dialer returns a dialer for any number of instances. It refreshes certificates
// when a connection needs one, not in the background, and exports no metrics.
func (c *Client) Dialer(ctx context.Context, o DialOptions) (*Dialer, error) {
	if o.PrivateIP && o.PSC {
		return nil, errors.New("reach Cloud SQL: a private address and Private Service Connect exclude each other")
	}
	h, err := c.client()
	if err != nil {
		return nil, err
	}
	options := []cloudsqlconn.Option{
		cloudsqlconn.WithLazyRefresh(),
		cloudsqlconn.WithBuiltInMetrics(false),
		cloudsqlconn.WithUserAgent(userAgent),
		cloudsqlconn.WithHTTPClient(h),
		cloudsqlconn.WithDefaultDialOptions(o.route()),
	}
	if c.options.Endpoint != "" {
		options = append(options, cloudsqlconn.WithAdminAPIEndpoint(c.options.Endpoint))
	}
	if c.options.DialFunc != nil {
		options = append(options, cloudsqlconn.WithDialFunc(c.options.DialFunc))
	}
	if o.IAM {
		options = append(options, cloudsqlconn.WithIAMAuthN())
	}
	if c.options.Anonymous {
		// The connector looks for credentials unless it is given some.
		nobody := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "anonymous", Expiry: time.Now().Add(24 * time.Hour)})
		if o.IAM {
			options = append(options, cloudsqlconn.WithIAMAuthNTokenSources(nobody, nobody))
		} else {
			options = append(options, cloudsqlconn.WithTokenSource(nobody))
		}
	}
	d, err := cloudsqlconn.NewDialer(ctx, options...)
	if err != nil {
		return nil, request{what: "reach Cloud SQL"}.explain(err)
	}
	return &Dialer{connector: d, iam: o.IAM}, nil
}

func (o DialOptions) route() cloudsqlconn.DialOption {
	switch {
	case o.PSC:
		return cloudsqlconn.WithPSC()
	case o.PrivateIP:
		return cloudsqlconn.WithPrivateIP()
	default:
		return cloudsqlconn.WithPublicIP()
	}
}

// Dial connects to an instance.
func (d *Dialer) Dial(ctx context.Context, connectionName string) (net.Conn, error) {
	i, err := parse(connectionName)
	if err != nil {
		return nil, err
	}
	// The connector asks for certificates under a lock: without an end to it, one
	// call that hangs would hold up every other.
	bounded, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	conn, err := d.connector.Dial(bounded, connectionName)
	if err == nil {
		return conn, nil
	}
	if ctx.Err() != nil {
		return nil, &Error{What: "connect to " + connectionName, Err: ended(ctx, err)}
	}
	permission, role := "cloudsql.instances.connect", roleConnect
	if d.iam && strings.Contains(err.Error(), "instances.login") {
		permission, role = "cloudsql.instances.login", roleLogin
	}
	e := i.on("connect to", permission, role, true).explain(err)
	var config *errtype.ConfigError
	if errors.As(err, &config) && e.kind == nil {
		e.Err = fmt.Errorf("%w (look at the connection name, and at whether it is public, private or PSC)", err)
	}
	return nil, e
}

// Close closes the dialer and what it refreshes; connections stay open.
func (d *Dialer) Close() error { return d.connector.Close() }
