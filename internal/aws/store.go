package aws

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tandem/internal/cloud"
)

// writeMark is the object's metadata that tells whose write it is.
const writeMark = "tandem-write"

type store struct {
	client *Client
	region string
}

// Store keeps reports in S3 buckets of a region. It writes only what is not there.
func (c *Client) Store(region string) cloud.Store { return store{client: c, region: region} }

// Create implements cloud.Store.
func (s store) Create(ctx context.Context, bucket, name, contentType string, data []byte) error {
	ask := request{
		op: fmt.Sprintf("write s3://%s/%s", bucket, name), action: "s3:PutObject",
		resource: fmt.Sprintf("arn:aws:s3:::%s/%s", bucket, name),
	}
	client, err := s.client.s3In(ctx, s.region)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	mark, again := rand.Text(), false
	_, err = client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: &name, ContentType: &contentType, Body: bytes.NewReader(data),
		IfNoneMatch: sdk.String("*"), Metadata: map[string]string{writeMark: mark},
	}, func(o *s3.Options) { o.Retryer = &noticed{Retryer: o.Retryer, again: &again} })
	err = ask.fail(ctx, err)
	if err == nil || !errors.Is(err, cloud.ErrExists) || !again {
		return err
	}
	// It may be this very write that is there: it had worked, its answer was lost, and
	// the second attempt met it.
	look := request{op: ask.op, action: "s3:GetObject", resource: ask.resource}
	head, lookErr := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &name})
	if lookErr != nil {
		return fmt.Errorf("%w; whether it is the one just written could not be told: %w", err, look.fail(ctx, lookErr))
	}
	if head.Metadata[writeMark] == mark {
		return nil
	}
	return err
}

// noticed notices that a call was tried again.
type noticed struct {
	sdk.Retryer
	again *bool
}

// RetryDelay implements the SDK's interface; it is asked before each further attempt.
func (n *noticed) RetryDelay(attempt int, err error) (time.Duration, error) {
	*n.again = true
	return n.Retryer.RetryDelay(attempt, err)
}

// GetAttemptToken implements the SDK's second interface of a retryer.
func (n *noticed) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if v2, ok := n.Retryer.(sdk.RetryerV2); ok {
		return v2.GetAttemptToken(ctx)
	}
	return n.Retryer.GetInitialToken(), nil
}
