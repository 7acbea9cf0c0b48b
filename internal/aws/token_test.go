package aws_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"tandem/internal/aws"
	"tandem/internal/aws/awsfake"
)

func TestToken(t *testing.T) {
	t.Parallel()
	fake := awsfake.New(t)
	o := fake.Options(t)
	n := 0
	o.Credentials = sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
		n++
		return sdk.Credentials{AccessKeyID: fmt.Sprintf("AKID%d", n), SecretAccessKey: "planted", CanExpire: true, Expires: time.Now()}, nil
	})
	client, err := aws.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		token, err := client.Token(t.Context(), "", "courier.cluster-c0ffee.eu-west-1.rds.amazonaws.com:3306", "tandem app")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse("https://" + token)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Host != "courier.cluster-c0ffee.eu-west-1.rds.amazonaws.com:3306" || q.Get("DBUser") != "tandem app" || q.Get("Action") != "connect" || q.Get("X-Amz-Expires") != "900" {
			t.Errorf("the token is for %s, %v", u.Host, q)
		}
		if want := fmt.Sprintf("AKID%d/", round+1); len(q.Get("X-Amz-Credential")) < 6 || q.Get("X-Amz-Credential")[:len(want)] != want {
			t.Errorf("token %d is signed with %s, want the credentials as of now", round, q.Get("X-Amz-Credential"))
		}
	}
	if n := len(fake.Calls()); n != 0 {
		t.Errorf("tokens took %d calls", n)
	}
	_, err = client.Token(t.Context(), region, "no-port", "app")
	requireError(t, err, nil, "make an IAM token for app at no-port", "port")
}

func TestRegionOf(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"courier.cluster-c0ffee.eu-west-1.rds.amazonaws.com":     "eu-west-1",
		"Courier-1.c0ffee.US-EAST-1.rds.amazonaws.com.":          "us-east-1",
		"courier.cluster-x.rds.cn-north-1.amazonaws.com.cn":      "cn-north-1",
		"courier.cluster-c0ffee.cn-north-1.rds.amazonaws.com.cn": "cn-north-1",
		"rds.amazonaws.com": "",
		"db.example.com":    "",
		"127.0.0.1":         "",
	} {
		if got := aws.RegionOf(host); got != want {
			t.Errorf("the region of %s is %q, want %q", host, got, want)
		}
	}
}
