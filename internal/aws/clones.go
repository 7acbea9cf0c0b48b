package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"tandem/internal/cloud"
)

// firstMember is what the name of a clone's only instance ends with.
const firstMember = "-1"

type clones struct {
	client          *Client
	region, cluster string
}

// Clones makes copies on write of a cluster, each with one instance, in the same
// subnets, behind the same security groups, with the same parameter groups.
//
// A clone is made in two steps, minutes apart: the cluster, and an instance in it
// once the cluster is available. Begin asks for the first, Wait for the second; both
// find what is there.
func (c *Client) Clones(region, cluster string) cloud.Clones {
	return &clones{client: c, region: region, cluster: cluster}
}

func (c *clones) request(verb, name, action string) request {
	return request{
		op:     fmt.Sprintf("%s clone %s of cluster %s in %s", verb, name, c.cluster, c.region),
		action: "rds:" + action, resource: clusterARN(c.region, name),
	}
}

// Begin implements cloud.Clones.
func (c *clones) Begin(ctx context.Context, name string, tags map[string]string) (cloud.Clone, error) {
	ask := c.request("begin", name, "RestoreDBClusterToPointInTime")
	if err := c.check(name, tags); err != nil {
		return cloud.Clone{}, fmt.Errorf("%s: %w", ask.op, err)
	}
	found, err := c.found(ctx, ask, name, tags)
	if !errors.Is(err, cloud.ErrNotFound) {
		return found, err
	}
	original, err := c.client.describeCluster(ctx, c.region, c.cluster)
	if err != nil {
		return cloud.Clone{}, fmt.Errorf("%s: %w", ask.op, err)
	}
	client, err := c.client.rdsIn(ctx, c.region)
	if err != nil {
		return cloud.Clone{}, fmt.Errorf("%s: %w", ask.op, err)
	}
	out, err := client.RestoreDBClusterToPointInTime(ctx, c.restoreInput(name, tags, original))
	if err = ask.fail(ctx, err); errors.Is(err, cloud.ErrExists) {
		// An earlier attempt of this call had worked, and its answer was lost.
		return c.found(ctx, ask, name, tags)
	}
	if err != nil {
		return cloud.Clone{}, err
	}
	return cloneOf(out.DBCluster, nil), nil
}

// check refuses names that RDS would change, and clones that could not be told from
// what is not tandem's.
func (c *clones) check(name string, tags map[string]string) error {
	if strings.EqualFold(name, c.cluster) {
		return fmt.Errorf("%s is the cluster itself", name)
	}
	if len(tags) == 0 {
		return errors.New("without tags a clone could not be told from what is not tandem's")
	}
	return checkIdentifier(name + firstMember)
}

// found reads a clone that was asked for before.
func (c *clones) found(ctx context.Context, ask request, name string, tags map[string]string) (cloud.Clone, error) {
	raw, err := c.client.describeCluster(ctx, c.region, name)
	if err != nil {
		return cloud.Clone{}, err
	}
	if !has(tagsOf(raw.TagList), tags) {
		return cloud.Clone{}, ask.answered(cloud.ErrExists, "there is a cluster of that name without the tags of a clone of tandem's")
	}
	members, err := c.client.describeMembers(ctx, c.region, name)
	if err != nil {
		return cloud.Clone{}, err
	}
	return cloneOf(raw, members), nil
}

func (c *clones) restoreInput(name string, tags map[string]string, original *types.DBCluster) *rds.RestoreDBClusterToPointInTimeInput {
	in := &rds.RestoreDBClusterToPointInTimeInput{
		DBClusterIdentifier: &name, SourceDBClusterIdentifier: original.DBClusterIdentifier,
		RestoreType: sdk.String("copy-on-write"), UseLatestRestorableTime: sdk.Bool(true),
		DBSubnetGroupName: original.DBSubnetGroup, DBClusterParameterGroupName: original.DBClusterParameterGroup,
		Port: original.Port, EnableIAMDatabaseAuthentication: original.IAMDatabaseAuthenticationEnabled,
		StorageType: original.StorageType, DeletionProtection: sdk.Bool(false), Tags: tagListOf(tags),
	}
	for _, group := range original.VpcSecurityGroups {
		in.VpcSecurityGroupIds = append(in.VpcSecurityGroupIds, sdk.ToString(group.VpcSecurityGroupId))
	}
	if scaling := original.ServerlessV2ScalingConfiguration; scaling != nil {
		in.ServerlessV2ScalingConfiguration = &types.ServerlessV2ScalingConfiguration{
			MinCapacity: scaling.MinCapacity, MaxCapacity: scaling.MaxCapacity, SecondsUntilAutoPause: scaling.SecondsUntilAutoPause,
		}
	}
	return in
}

// Wait implements cloud.Clones.
func (c *clones) Wait(ctx context.Context, name string, progress func(cloud.Clone)) (cloud.Clone, error) {
	ask := c.request("wait for", name, "DescribeDBClusters")
	var last cloud.Clone
	missed := 0
	err := c.client.poll(ctx, ask.op, func(ctx context.Context) (bool, error) {
		raw, err := c.client.describeCluster(ctx, c.region, name)
		if errors.Is(err, cloud.ErrNotFound) && missed < grace {
			missed++
			return false, nil
		}
		if err != nil {
			return false, err
		}
		members, err := c.client.describeMembers(ctx, c.region, name)
		if err != nil {
			return false, err
		}
		last = cloneOf(raw, members)
		if progress != nil {
			progress(last)
		}
		if status := stuck(raw, members); status != "" {
			return false, ask.answered(nil, "it is %s", status)
		}
		if sdk.ToString(raw.Status) == "available" && len(members) == 0 {
			return false, c.addMember(ctx, name, raw)
		}
		return last.Ready, nil
	})
	return last, err
}

func stuck(raw *types.DBCluster, members map[string]types.DBInstance) string {
	if status := sdk.ToString(raw.Status); broken(status) || status == "deleting" {
		return status
	}
	for id, m := range members {
		if status := sdk.ToString(m.DBInstanceStatus); broken(status) || status == "deleting" {
			return "there, but its instance " + id + " is " + status
		}
	}
	return ""
}

// addMember makes the instance, like the original's writer.
func (c *clones) addMember(ctx context.Context, name string, raw *types.DBCluster) error {
	ask := c.request("make the instance of", name, "CreateDBInstance")
	ask.resource = fmt.Sprintf("arn:aws:rds:%s:*:db:%s", c.region, name+firstMember)
	original, err := c.client.describeCluster(ctx, c.region, c.cluster)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	if group := sdk.ToString(raw.CloneGroupId); group == "" || group != sdk.ToString(original.CloneGroupId) {
		return ask.answered(nil, "%s is no copy on write of %s", name, c.cluster)
	}
	members, err := c.client.describeMembers(ctx, c.region, c.cluster)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	like, ok := writerOf(original, members)
	if !ok {
		return ask.answered(cloud.ErrNotFound, "%s has no instance to make it like", c.cluster)
	}
	in := &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: sdk.String(name + firstMember), DBClusterIdentifier: &name, Engine: raw.Engine,
		DBInstanceClass: like.DBInstanceClass, CACertificateIdentifier: like.CACertificateIdentifier,
		PubliclyAccessible: like.PubliclyAccessible, AutoMinorVersionUpgrade: sdk.Bool(false), Tags: ownTags(raw.TagList),
	}
	if len(like.DBParameterGroups) > 0 {
		in.DBParameterGroupName = like.DBParameterGroups[0].DBParameterGroupName
	}
	client, err := c.client.rdsIn(ctx, c.region)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	_, err = client.CreateDBInstance(ctx, in)
	return unless(ask.fail(ctx, err), cloud.ErrExists, cloud.ErrBusy)
}

// writerOf is the instance that writes, or any where none does at the moment.
func writerOf(raw *types.DBCluster, members map[string]types.DBInstance) (types.DBInstance, bool) {
	for _, m := range raw.DBClusterMembers {
		if instance, ok := members[sdk.ToString(m.DBInstanceIdentifier)]; ok && sdk.ToBool(m.IsClusterWriter) {
			return instance, true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(members)) {
		return members[id], true
	}
	return types.DBInstance{}, false
}

// List implements cloud.Clones.
func (c *clones) List(ctx context.Context, tags map[string]string) ([]cloud.Clone, error) {
	ask := request{op: fmt.Sprintf("list clones of cluster %s in %s", c.cluster, c.region), action: "rds:DescribeDBClusters"}
	if len(tags) == 0 {
		return nil, fmt.Errorf("%s: no tags are given to tell them by", ask.op)
	}
	client, err := c.client.rdsIn(ctx, c.region)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ask.op, err)
	}
	var list []cloud.Clone
	pages := rds.NewDescribeDBClustersPaginator(client, &rds.DescribeDBClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ask.fail(ctx, err)
		}
		for i := range page.DBClusters {
			raw := &page.DBClusters[i]
			id := sdk.ToString(raw.DBClusterIdentifier)
			if !has(tagsOf(raw.TagList), tags) || strings.EqualFold(id, c.cluster) {
				continue
			}
			members, err := c.client.describeMembers(ctx, c.region, id)
			if err != nil {
				return nil, err
			}
			list = append(list, cloneOf(raw, members))
		}
	}
	slices.SortFunc(list, func(a, b cloud.Clone) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

func has(have, want map[string]string) bool {
	for key, value := range want {
		if got, ok := have[key]; !ok || got != value {
			return false
		}
	}
	return len(want) > 0
}

func tagListOf(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: sdk.String(key), Value: sdk.String(tags[key])})
	}
	return list
}

// ownTags are those that nobody but AWS may set left out.
func ownTags(list []types.Tag) []types.Tag {
	return slices.DeleteFunc(slices.Clone(list), func(t types.Tag) bool { return strings.HasPrefix(sdk.ToString(t.Key), "aws:") })
}

func cloneOf(raw *types.DBCluster, members map[string]types.DBInstance) cloud.Clone {
	clone := cloud.Clone{
		Name: sdk.ToString(raw.DBClusterIdentifier), Tags: tagsOf(raw.TagList),
		Host: sdk.ToString(raw.Endpoint), Port: int(sdk.ToInt32(raw.Port)), Status: sdk.ToString(raw.Status),
	}
	if clone.Status != "available" {
		return clone
	}
	writer, ok := writerOf(raw, members)
	if !ok {
		clone.Status = "available, without an instance yet"
		return clone
	}
	if status := sdk.ToString(writer.DBInstanceStatus); status != "available" {
		clone.Status = "available, its instance " + status
		return clone
	}
	clone.Ready = true
	return clone
}
