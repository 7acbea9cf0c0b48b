package aws_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"golang.org/x/sync/errgroup"

	"tandem/internal/aws"
	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func TestTroubleIsOutlived(t *testing.T) {
	t.Parallel()
	for _, kind := range []awsfake.Kind{awsfake.Throttled, awsfake.Unavailable, awsfake.Internal, awsfake.CutBefore, awsfake.CutAfter, awsfake.CutInside} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fake := courier(t)
			fake.Fail(
				awsfake.Fault{Action: "rds:DescribeDBClusters", Kind: kind, Times: 3},
				awsfake.Fault{Action: "rds:DescribeDBInstances", Kind: kind, Times: 3},
				awsfake.Fault{Action: "secretsmanager:GetSecretValue", Kind: kind, Times: 3},
			)
			fake.SetSecret(region, "tandem", "planted")
			client := fake.Client(t)
			if _, err := client.Cluster(t.Context(), region, "courier"); err != nil {
				t.Error(err)
			}
			if got, err := client.Secrets().Read(t.Context(), "aws://eu-west-1/tandem"); err != nil || got != "planted" {
				t.Error(err)
			}
			if n := fake.Count("DescribeDBClusters"); n != 4 {
				t.Errorf("asked %d times, want 4", n)
			}
		})
	}
}

func TestTroubleThatStays(t *testing.T) {
	t.Parallel()
	for kind, word := range map[awsfake.Kind]string{awsfake.Throttled: "Rate exceeded", awsfake.Unavailable: "503", awsfake.CutBefore: "no answer from 127.0.0.1"} {
		fake := courier(t)
		fake.Fail(awsfake.Fault{Kind: kind, Times: -1})
		_, err := fake.Client(t).Cluster(t.Context(), region, "courier")
		if kind == awsfake.Unavailable {
			word = "ServiceUnavailable"
		}
		requireError(t, err, nil, "read cluster courier in eu-west-1: ", word)
		if n := len(fake.Calls()); n != 6 {
			t.Errorf("%s: asked %d times, want a bounded 6", kind, n)
		}
	}
}

func TestDeniedNamesThePermission(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.Fail(
		awsfake.Fault{Action: "rds:DescribeDBInstances", Kind: awsfake.Denied},
		awsfake.Fault{Action: "secretsmanager:GetSecretValue", Kind: awsfake.Denied},
		awsfake.Fault{Action: "secretsmanager:GetSecretValue", Kind: awsfake.Custom, Status: 400, Code: "AccessDeniedException", Message: "Access to KMS is not allowed"},
	)
	client := fake.Client(t)
	_, err := client.Cluster(t.Context(), region, "courier")
	requireError(t, err, cloud.ErrDenied, "read the members of cluster courier", "not authorized")
	if want := `add to the policy of the identity that tandem uses: {"Effect": "Allow", "Action": "rds:DescribeDBInstances", "Resource": "*"}`; hintOf(err) != want {
		t.Errorf("the hint is %q, want %q", hintOf(err), want)
	}
	_, err = client.Secrets().Read(t.Context(), "aws://eu-west-1/prod/tandem")
	requireError(t, err, cloud.ErrDenied, "aws://eu-west-1/prod/tandem")
	if want := `add to the policy of the identity that tandem uses: {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:eu-west-1:*:secret:prod/tandem-??????"}`; hintOf(err) != want {
		t.Errorf("the hint is %q, want %q", hintOf(err), want)
	}
	_, err = client.Secrets().Read(t.Context(), "aws://eu-west-1/prod/tandem")
	if want := `the key that encrypts it is to be used, too: {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}`; hintOf(err) != want {
		t.Errorf("the hint is %q, want %q", hintOf(err), want)
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	with := func(key, secret string) *aws.Client {
		o := fake.Options(t)
		o.Credentials = credentials.NewStaticCredentialsProvider(key, secret, "")
		client, err := aws.New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	_, err := with("AKIDSOMEBODYELSE", awsfake.SecretKey).Cluster(t.Context(), region, "courier")
	requireError(t, err, cloud.ErrDenied, "InvalidClientTokenId")
	if hintOf(err) == "" {
		t.Error("no hint what to do with an unknown key")
	}
	_, err = with(awsfake.AccessKey, "another").Cluster(t.Context(), region, "courier")
	requireError(t, err, cloud.ErrDenied, "SignatureDoesNotMatch")

	o := fake.Options(t)
	o.Credentials = sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
		return sdk.Credentials{}, errors.New("the session has ended")
	})
	nobody, err := aws.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for what, do := range map[string]func() error{
		"a call":  func() error { _, err := nobody.Cluster(t.Context(), region, "courier"); return err },
		"a token": func() error { _, err := nobody.Token(t.Context(), region, "h:3306", "app"); return err },
	} {
		err := do()
		requireError(t, err, cloud.ErrNoCredentials, "the session has ended")
		if hintOf(err) == "" {
			t.Errorf("%s without credentials has no hint", what)
		}
	}
}

func TestUnsignedIsRefused(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fake.URL()+"/2013-04-01/hostedzone/Z1/rrset", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := fake.Options(t).HTTPClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("a request without a signature is answered with %s", response.Status)
	}
}

func TestContextEndsACall(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	why := fmt.Errorf("the plan has no time left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err := fake.Client(t).Cluster(ctx, region, "courier")
	requireError(t, err, why, "read cluster courier")
}

func TestNothingIsAskedBeforeItIsNeeded(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	o := fake.Options(t)
	o.Credentials = sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
		t.Error("credentials were looked for")
		return sdk.Credentials{}, nil
	})
	client, err := aws.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	client.Secrets()
	if n := len(fake.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func TestOneClientForMany(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.SetSecret(region, "tandem", "planted")
	client := fake.Client(t)
	var many errgroup.Group
	for range 8 {
		many.Go(func() error {
			if _, err := client.Cluster(t.Context(), region, "courier"); err != nil {
				return err
			}
			if _, err := client.Token(t.Context(), region, "h:3306", "app"); err != nil {
				return err
			}
			_, err := client.Secrets().Read(t.Context(), "aws://eu-west-1/tandem")
			return err
		})
	}
	if err := many.Wait(); err != nil {
		t.Error(err)
	}
}
