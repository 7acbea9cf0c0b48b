package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

const (
	// attempts is how often one call is tried: about half a minute of trouble.
	attempts = 6
	// callTimeout bounds one attempt; no call of ours takes seconds.
	callTimeout = 30 * time.Second
)

// Options are for tests, except that a caller may give credentials of its own. The
// zero value is the real cloud with the SDK's default chain: the environment,
// profiles, SSO, the role of the machine.
type Options struct {
	// Endpoint is the base URL of every API.
	Endpoint    string
	Credentials sdk.CredentialsProvider
	HTTPClient  *http.Client
	// MaxBackoff bounds the time between two attempts of one call; 0 for the SDK's.
	MaxBackoff time.Duration
	// Pause waits between two polls; nil for real time.
	Pause func(context.Context, time.Duration) error
}

// Client speaks to the APIs. It may be used by many at once.
type Client struct {
	options Options

	mu     sync.Mutex
	loaded *sdk.Config
	rds    map[string]*rds.Client
}

// New returns a client. It asks nothing yet.
func New(_ context.Context, o Options) (*Client, error) {
	if o.Pause == nil {
		o.Pause = pause
	}
	return &Client{options: o, rds: map[string]*rds.Client{}}, nil
}

// config loads the configuration at the first use, and again where that failed.
func (c *Client) config(ctx context.Context, region string) (sdk.Config, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded == nil {
		cfg, err := config.LoadDefaultConfig(ctx, c.loadOptions()...)
		if err != nil {
			return sdk.Config{}, fmt.Errorf("load the AWS configuration: %w", err)
		}
		if c.options.HTTPClient != nil {
			// Not an option of the load, which wants to add AWS_CA_BUNDLE to it.
			cfg.HTTPClient = c.options.HTTPClient
		}
		cfg.Credentials = &credentials{inner: cfg.Credentials}
		c.loaded = &cfg
	}
	cfg := c.loaded.Copy()
	if region != "" {
		cfg.Region = region
	}
	if cfg.Region == "" {
		return sdk.Config{}, errors.New("no AWS region: name the cluster's")
	}
	return cfg, nil
}

func (c *Client) loadOptions() []func(*config.LoadOptions) error {
	o := c.options
	load := []func(*config.LoadOptions) error{
		config.WithRetryer(func() sdk.Retryer { return newRetryer(o.MaxBackoff) }),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTimeout)),
		// The SDK would print by itself.
		config.WithLogger(logging.Nop{}),
	}
	if o.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(o.Credentials))
	}
	if o.Endpoint != "" {
		load = append(load, config.WithBaseEndpoint(o.Endpoint),
			// A test must not depend on what a person has configured.
			config.WithSharedConfigFiles([]string{}), config.WithSharedCredentialsFiles([]string{}))
	}
	return load
}

// newRetryer tries again what is throttled, failed on their side, or was cut; the
// last also in the middle of an answer, which the SDK alone takes for an answer.
func newRetryer(maxBackoff time.Duration) sdk.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		// The attempts of each call are bounded; a bad hour must not use up those of
		// the calls behind it.
		o.RateLimiter = ratelimit.None
		if maxBackoff > 0 {
			o.MaxBackoff = maxBackoff
		}
		o.Retryables = append(o.Retryables, retry.RetryableErrorCode{
			// Another write of the object was under way; S3 asks to try again.
			Codes: map[string]struct{}{"ConditionalRequestConflict": {}},
		}, retry.IsErrorRetryableFunc(func(err error) sdk.Ternary {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return sdk.TrueTernary
			}
			return sdk.UnknownTernary
		}))
	})
}

func (c *Client) rdsIn(ctx context.Context, region string) (*rds.Client, error) {
	cfg, err := c.config(ctx, region)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	client := c.rds[cfg.Region]
	if client == nil {
		client = rds.NewFromConfig(cfg)
		c.rds[cfg.Region] = client
	}
	return client, nil
}

func (c *Client) secretsIn(ctx context.Context, region string) (*secretsmanager.Client, error) {
	cfg, err := c.config(ctx, region)
	if err != nil {
		return nil, err
	}
	return secretsmanager.NewFromConfig(cfg), nil
}

func (c *Client) stsIn(ctx context.Context, region string) (*sts.Client, error) {
	cfg, err := c.config(ctx, region)
	if err != nil {
		return nil, err
	}
	return sts.NewFromConfig(cfg), nil
}

// route53 serves all regions from one; a partition of its own (China, government)
// is known by the region that is configured.
func (c *Client) route53(ctx context.Context) (*route53.Client, error) {
	cfg, err := c.config(ctx, "")
	if err != nil {
		if cfg, err = c.config(ctx, "us-east-1"); err != nil {
			return nil, err
		}
	}
	return route53.NewFromConfig(cfg), nil
}

func (c *Client) s3In(ctx context.Context, region string) (*s3.Client, error) {
	cfg, err := c.config(ctx, region)
	if err != nil {
		return nil, err
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		// A host of one name has no subdomains for buckets.
		o.UsePathStyle = cfg.BaseEndpoint != nil
	}), nil
}

// credentials marks errors of whatever gives credentials, so that they can be told
// from errors of the call that needed them.
type credentials struct{ inner sdk.CredentialsProvider }

type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// Retrieve implements the SDK's interface.
func (c *credentials) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	got, err := c.inner.Retrieve(ctx)
	if err != nil {
		return got, &credentialsError{err: err}
	}
	return got, nil
}
