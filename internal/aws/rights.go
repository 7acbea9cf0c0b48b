package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Identity is who the credentials in use belong to.
type Identity struct{ Account, ARN, UserID string }

// Identity asks who one is. It needs no permission, so it fails only where there are
// no credentials that AWS knows.
func (c *Client) Identity(ctx context.Context, region string) (Identity, error) {
	ask := request{op: "ask AWS who tandem is", action: "sts:GetCallerIdentity"}
	client, err := c.stsIn(ctx, region)
	if err != nil {
		return Identity{}, fmt.Errorf("%s: %w", ask.op, err)
	}
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, ask.fail(ctx, err)
	}
	return Identity{Account: sdk.ToString(out.Account), ARN: sdk.ToString(out.Arn), UserID: sdk.ToString(out.UserId)}, nil
}

// Right is a permission and what trying it said: nil, or why not.
type Right struct {
	// Action is the IAM action, Resource what it was tried on.
	Action, Resource string
	Err              error
}

// Rights tries what can be tried without changing anything: the reading actions on a
// cluster, and on hosted zones. Permissions to change have no such try; they fail
// when they are first needed, with the statement to add.
func (c *Client) Rights(ctx context.Context, region, cluster string, zones ...string) ([]Right, error) {
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return nil, fmt.Errorf("try permissions on cluster %s: %w", cluster, err)
	}
	var rights []Right
	try := func(action, resource string, do func() error) {
		ask := request{op: "try " + action + " on " + resource, action: action, resource: resource}
		rights = append(rights, Right{Action: action, Resource: resource, Err: ask.fail(ctx, do())})
	}
	group := ""
	try("rds:DescribeDBClusters", clusterARN(region, cluster), func() error {
		out, err := client.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: &cluster})
		if err == nil && len(out.DBClusters) == 1 {
			group = sdk.ToString(out.DBClusters[0].DBClusterParameterGroup)
		}
		return err
	})
	try("rds:DescribeDBInstances", "*", func() error {
		_, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{MaxRecords: sdk.Int32(20)})
		return err
	})
	try("rds:DescribeBlueGreenDeployments", "*", func() error {
		_, err := client.DescribeBlueGreenDeployments(ctx, &rds.DescribeBlueGreenDeploymentsInput{MaxRecords: sdk.Int32(20)})
		return err
	})
	try("rds:DescribeDBClusterSnapshots", clusterARN(region, cluster), func() error {
		_, err := client.DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{DBClusterIdentifier: &cluster, MaxRecords: sdk.Int32(20)})
		return err
	})
	if group != "" {
		try("rds:DescribeDBClusterParameters", groupRequest("", region, group, "").resource, func() error {
			_, err := client.DescribeDBClusterParameters(ctx, &rds.DescribeDBClusterParametersInput{DBClusterParameterGroupName: &group, MaxRecords: sdk.Int32(20)})
			return err
		})
	}
	if len(zones) == 0 {
		return rights, nil
	}
	names, err := c.route53(ctx)
	if err != nil {
		return nil, fmt.Errorf("try permissions on hosted zones: %w", err)
	}
	for _, zone := range zones {
		try("route53:ListResourceRecordSets", "arn:aws:route53:::hostedzone/"+zoneID(zone), func() error {
			_, err := names.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone, MaxItems: sdk.Int32(1)})
			return err
		})
	}
	return rights, nil
}
