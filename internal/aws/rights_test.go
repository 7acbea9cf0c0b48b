package aws_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/aws"
	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func TestIdentity(t *testing.T) {
	t.Parallel()
	got, err := awsfake.New(t).Client(t).Identity(t.Context(), region)
	want := aws.Identity{Account: awsfake.Account, ARN: "arn:aws:iam::123456789012:user/tandem", UserID: "AIDTANDEMTEST"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	fake := withGroup(t)
	fake.AddZone("Z1")
	fake.Fail(awsfake.Fault{Action: "rds:DescribeBlueGreenDeployments", Kind: awsfake.Denied, Times: -1})
	rights, err := fake.Client(t).Rights(t.Context(), region, "courier", "Z1")
	if err != nil {
		t.Fatal(err)
	}
	var tried []string
	for _, right := range rights {
		tried = append(tried, right.Action)
		if denied := right.Action == "rds:DescribeBlueGreenDeployments"; denied != (right.Err != nil) {
			t.Errorf("%s: %v", right.Action, right.Err)
		} else if denied {
			requireError(t, right.Err, cloud.ErrDenied, "not authorized")
		}
	}
	want := []string{"rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeBlueGreenDeployments", "rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterParameters", "route53:ListResourceRecordSets"}
	if diff := cmp.Diff(want, tried); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
