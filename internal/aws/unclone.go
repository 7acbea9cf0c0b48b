package aws

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"tandem/internal/cloud"
)

// Remove implements cloud.Clones. Each look does what can be done next, so it does
// not matter how far an earlier removal had come, or how much was made at all.
func (c *clones) Remove(ctx context.Context, name string, tags map[string]string) error {
	ask := c.request("remove", name, "DeleteDBCluster")
	if err := c.check(name, tags); err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	return c.client.poll(ctx, ask.op, func(ctx context.Context) (bool, error) {
		raw, err := c.client.describeCluster(ctx, c.region, name)
		if errors.Is(err, cloud.ErrNotFound) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if !has(tagsOf(raw.TagList), tags) {
			return false, ask.answered(nil, "it lacks the tags of a clone of tandem's, and is left alone")
		}
		members, err := c.client.describeMembers(ctx, c.region, name)
		if err != nil {
			return false, err
		}
		if len(members) > 0 {
			return false, c.removeMembers(ctx, name, members)
		}
		return false, c.removeCluster(ctx, ask, name, raw)
	})
}

func (c *clones) removeMembers(ctx context.Context, name string, members map[string]types.DBInstance) error {
	client, err := c.client.rdsIn(ctx, c.region)
	if err != nil {
		return err
	}
	for id, m := range members {
		if sdk.ToString(m.DBInstanceStatus) == "deleting" {
			continue
		}
		ask := c.request("remove the instance of", name, "DeleteDBInstance")
		ask.resource = fmt.Sprintf("arn:aws:rds:%s:*:db:%s", c.region, id)
		_, err := client.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: &id, SkipFinalSnapshot: sdk.Bool(true)})
		if err := unless(ask.fail(ctx, err), cloud.ErrNotFound, cloud.ErrBusy); err != nil {
			return err
		}
	}
	return nil
}

func (c *clones) removeCluster(ctx context.Context, ask request, name string, raw *types.DBCluster) error {
	if sdk.ToString(raw.Status) == "deleting" {
		return nil
	}
	client, err := c.client.rdsIn(ctx, c.region)
	if err != nil {
		return err
	}
	if sdk.ToBool(raw.DeletionProtection) {
		unprotect := c.request("take the protection off", name, "ModifyDBCluster")
		_, err := client.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
			DBClusterIdentifier: &name, DeletionProtection: sdk.Bool(false), ApplyImmediately: sdk.Bool(true),
		})
		// The next look sees it off, or that it has to be tried again.
		return unless(unprotect.fail(ctx, err), cloud.ErrNotFound, cloud.ErrBusy)
	}
	_, err = client.DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{DBClusterIdentifier: &name, SkipFinalSnapshot: sdk.Bool(true)})
	return unless(ask.fail(ctx, err), cloud.ErrNotFound, cloud.ErrBusy)
}
