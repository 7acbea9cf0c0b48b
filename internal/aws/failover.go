package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"tandem/internal/cloud"
)

// Failover makes another member the writer, toMember where one is named, and returns
// once it is. A member that writes already needs nothing.
func (c *Client) Failover(ctx context.Context, region, cluster, toMember string) error {
	ask := request{op: fmt.Sprintf("fail over cluster %s in %s", cluster, region), action: "rds:FailoverDBCluster", resource: clusterARN(region, cluster)}
	if toMember != "" {
		ask.op += " to " + toMember
	}
	raw, err := c.describeCluster(ctx, region, cluster)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	before := writerID(raw)
	switch {
	case toMember != "" && before == toMember:
		return nil
	case toMember != "" && !slices.ContainsFunc(raw.DBClusterMembers, func(m types.DBClusterMember) bool { return sdk.ToString(m.DBInstanceIdentifier) == toMember }):
		return ask.answered(cloud.ErrNotFound, "the cluster has no such member")
	case len(raw.DBClusterMembers) < 2:
		return ask.answered(nil, "the cluster has no second member that could take over")
	}
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	in := &rds.FailoverDBClusterInput{DBClusterIdentifier: &cluster}
	if toMember != "" {
		in.TargetDBInstanceIdentifier = &toMember
	}
	asked := false
	return c.poll(ctx, ask.op, func(ctx context.Context) (bool, error) {
		now, err := c.describeCluster(ctx, region, cluster)
		if err != nil {
			return false, err
		}
		writer := writerID(now)
		moved := writer != "" && writer != before && (toMember == "" || writer == toMember)
		if moved {
			return sdk.ToString(now.Status) == "available", nil
		}
		if asked || sdk.ToString(now.Status) != "available" {
			return false, nil
		}
		_, err = client.FailoverDBCluster(ctx, in)
		err = ask.fail(ctx, err)
		// Busy: something is under way, perhaps this very failover, whose answer was
		// lost. The next look tells.
		asked = err == nil
		return false, unless(err, cloud.ErrBusy)
	})
}

func writerID(raw *types.DBCluster) string {
	for _, m := range raw.DBClusterMembers {
		if sdk.ToBool(m.IsClusterWriter) {
			return sdk.ToString(m.DBInstanceIdentifier)
		}
	}
	return ""
}

// Reboot reboots an instance and returns once it serves again.
func (c *Client) Reboot(ctx context.Context, region, member string) error {
	ask := request{
		op: fmt.Sprintf("reboot instance %s in %s", member, region), action: "rds:RebootDBInstance",
		resource: fmt.Sprintf("arn:aws:rds:%s:*:db:%s", region, member),
	}
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	asked := false
	return c.poll(ctx, ask.op, func(ctx context.Context) (bool, error) {
		if !asked {
			_, err := client.RebootDBInstance(ctx, &rds.RebootDBInstanceInput{DBInstanceIdentifier: &member})
			err = ask.fail(ctx, err)
			if errors.Is(err, cloud.ErrBusy) {
				rebooting, lookErr := c.memberStatus(ctx, region, member)
				// It reboots: because of this call, whose answer was lost, or of
				// somebody else's. Either way it comes up anew.
				asked = rebooting == "rebooting"
				return false, lookErr
			}
			asked = err == nil
			return false, err
		}
		status, err := c.memberStatus(ctx, region, member)
		if err == nil && broken(status) {
			return false, ask.answered(nil, "it is %s", status)
		}
		return err == nil && status == "available", err
	})
}

func (c *Client) memberStatus(ctx context.Context, region, member string) (string, error) {
	ask := request{
		op: fmt.Sprintf("read instance %s in %s", member, region), action: "rds:DescribeDBInstances",
		resource: fmt.Sprintf("arn:aws:rds:%s:*:db:%s", region, member),
	}
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return "", fmt.Errorf("%s: %w", ask.op, err)
	}
	out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &member})
	if err != nil {
		return "", ask.fail(ctx, err)
	}
	if len(out.DBInstances) != 1 {
		return "", ask.answered(cloud.ErrNotFound, "the answer holds %d instances", len(out.DBInstances))
	}
	return sdk.ToString(out.DBInstances[0].DBInstanceStatus), nil
}
