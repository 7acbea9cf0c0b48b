package aws

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"tandem/internal/cloud"
)

// Cluster tells the facts of a cluster: what it is, who its members are, and what
// they run as against what their parameter groups say.
func (c *Client) Cluster(ctx context.Context, region, id string) (cloud.Cluster, error) {
	raw, err := c.describeCluster(ctx, region, id)
	if err != nil {
		return cloud.Cluster{}, err
	}
	return c.facts(ctx, region, raw)
}

// ClusterOf finds a cluster by the host name of its writer, reader or custom
// endpoint, or of a member; host:port tells clusters apart that share a host, as in
// tests.
func (c *Client) ClusterOf(ctx context.Context, region, endpoint string) (cloud.Cluster, error) {
	host, port := splitEndpoint(endpoint)
	if region == "" {
		region = RegionOf(host)
	}
	ask := request{op: fmt.Sprintf("find the cluster of %s in %s", endpoint, region), action: "rds:DescribeDBClusters"}
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return cloud.Cluster{}, fmt.Errorf("%s: %w", ask.op, err)
	}
	pages := rds.NewDescribeDBClustersPaginator(client, &rds.DescribeDBClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return cloud.Cluster{}, ask.fail(ctx, err)
		}
		for i := range page.DBClusters {
			if serves(&page.DBClusters[i], host, port) {
				return c.facts(ctx, region, &page.DBClusters[i])
			}
		}
	}
	ask.action = "rds:DescribeDBInstances"
	members := rds.NewDescribeDBInstancesPaginator(client, &rds.DescribeDBInstancesInput{})
	for members.HasMorePages() {
		page, err := members.NextPage(ctx)
		if err != nil {
			return cloud.Cluster{}, ask.fail(ctx, err)
		}
		for _, m := range page.DBInstances {
			if m.Endpoint != nil && m.DBClusterIdentifier != nil && sameHost(m.Endpoint.Address, host) &&
				(port == 0 || port == int(sdk.ToInt32(m.Endpoint.Port))) {
				return c.Cluster(ctx, region, *m.DBClusterIdentifier)
			}
		}
	}
	return cloud.Cluster{}, ask.answered(cloud.ErrNotFound,
		"no cluster there has an endpoint of that name; where it is a DNS name of your own, name the cluster by its identifier")
}

func splitEndpoint(endpoint string) (host string, port int) {
	host = endpoint
	if h, p, err := net.SplitHostPort(endpoint); err == nil {
		host = h
		port, _ = strconv.Atoi(p)
	}
	return host, port
}

func sameHost(have *string, want string) bool {
	return have != nil && *have != "" && strings.EqualFold(strings.TrimSuffix(*have, "."), strings.TrimSuffix(want, "."))
}

func serves(raw *types.DBCluster, host string, port int) bool {
	if port != 0 && raw.Port != nil && int(*raw.Port) != port {
		return false
	}
	return sameHost(raw.Endpoint, host) || sameHost(raw.ReaderEndpoint, host) ||
		slices.ContainsFunc(raw.CustomEndpoints, func(s string) bool { return sameHost(&s, host) })
}

func clusterARN(region, id string) string {
	return fmt.Sprintf("arn:aws:rds:%s:*:cluster:%s", region, id)
}

// describeCluster reads one cluster as the API tells it.
func (c *Client) describeCluster(ctx context.Context, region, id string) (*types.DBCluster, error) {
	ask := request{op: fmt.Sprintf("read cluster %s in %s", id, region), action: "rds:DescribeDBClusters", resource: clusterARN(region, id)}
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ask.op, err)
	}
	out, err := client.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: &id})
	if err != nil {
		return nil, ask.fail(ctx, err)
	}
	if len(out.DBClusters) != 1 {
		return nil, ask.answered(cloud.ErrNotFound, "the answer holds %d clusters", len(out.DBClusters))
	}
	return &out.DBClusters[0], nil
}

// describeMembers reads the instances of a cluster.
func (c *Client) describeMembers(ctx context.Context, region, id string) (map[string]types.DBInstance, error) {
	ask := request{op: fmt.Sprintf("read the members of cluster %s in %s", id, region), action: "rds:DescribeDBInstances"}
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ask.op, err)
	}
	members := map[string]types.DBInstance{}
	pages := rds.NewDescribeDBInstancesPaginator(client, &rds.DescribeDBInstancesInput{
		Filters: []types.Filter{{Name: sdk.String("db-cluster-id"), Values: []string{id}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ask.fail(ctx, err)
		}
		for _, m := range page.DBInstances {
			members[sdk.ToString(m.DBInstanceIdentifier)] = m
		}
	}
	return members, nil
}

// blueGreen names the deployments under way that a cluster belongs to.
func (c *Client) blueGreen(ctx context.Context, region, id, arn string) ([]string, error) {
	ask := request{op: fmt.Sprintf("read the blue/green deployments of cluster %s in %s", id, region), action: "rds:DescribeBlueGreenDeployments"}
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ask.op, err)
	}
	var names []string
	pages := rds.NewDescribeBlueGreenDeploymentsPaginator(client, &rds.DescribeBlueGreenDeploymentsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ask.fail(ctx, err)
		}
		for _, d := range page.BlueGreenDeployments {
			belongs := arn != "" && (sdk.ToString(d.Source) == arn || sdk.ToString(d.Target) == arn)
			if belongs && sdk.ToString(d.Status) != "SWITCHOVER_COMPLETED" {
				names = append(names, cmp.Or(sdk.ToString(d.BlueGreenDeploymentName), sdk.ToString(d.BlueGreenDeploymentIdentifier)))
			}
		}
	}
	return names, nil
}

// facts says in package cloud's words what the API told.
func (c *Client) facts(ctx context.Context, region string, raw *types.DBCluster) (cloud.Cluster, error) {
	id := sdk.ToString(raw.DBClusterIdentifier)
	if parts := strings.Split(sdk.ToString(raw.DBClusterArn), ":"); region == "" && len(parts) > 3 {
		region = parts[3]
	}
	instances, err := c.describeMembers(ctx, region, id)
	if err != nil {
		return cloud.Cluster{}, err
	}
	blueGreen, err := c.blueGreen(ctx, region, id, sdk.ToString(raw.DBClusterArn))
	if err != nil {
		return cloud.Cluster{}, err
	}
	cluster := cloud.Cluster{
		ID: id, ARN: sdk.ToString(raw.DBClusterArn), Region: region,
		Engine: sdk.ToString(raw.Engine), EngineVersion: sdk.ToString(raw.EngineVersion), Status: sdk.ToString(raw.Status),
		Writer: sdk.ToString(raw.Endpoint), Reader: sdk.ToString(raw.ReaderEndpoint), Custom: slices.Clone(raw.CustomEndpoints),
		Port: int(sdk.ToInt32(raw.Port)), ParameterGroup: sdk.ToString(raw.DBClusterParameterGroup),
		Pending: clusterPending(raw.PendingModifiedValues),
		IAMAuth: sdk.ToBool(raw.IAMDatabaseAuthenticationEnabled), DeletionProtection: sdk.ToBool(raw.DeletionProtection),
		BacktrackWindow: time.Duration(sdk.ToInt64(raw.BacktrackWindow)) * time.Second,
		BackupDays:      int64(sdk.ToInt32(raw.BackupRetentionPeriod)), LatestRestorable: sdk.ToTime(raw.LatestRestorableTime),
		ReplicatesFrom: sdk.ToString(raw.ReplicationSourceIdentifier), BlueGreen: blueGreen, Tags: tagsOf(raw.TagList),
	}
	if scaling := raw.ServerlessV2ScalingConfiguration; scaling != nil {
		cluster.MinACU, cluster.MaxACU = sdk.ToFloat64(scaling.MinCapacity), sdk.ToFloat64(scaling.MaxCapacity)
	}
	for _, m := range raw.DBClusterMembers {
		cluster.Members = append(cluster.Members, memberOf(m, instances))
	}
	slices.SortFunc(cluster.Members, func(a, b cloud.Member) int {
		if a.Writer != b.Writer {
			if a.Writer {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return cluster, nil
}

func memberOf(m types.DBClusterMember, instances map[string]types.DBInstance) cloud.Member {
	id := sdk.ToString(m.DBInstanceIdentifier)
	instance := instances[id]
	member := cloud.Member{
		ID: id, Writer: sdk.ToBool(m.IsClusterWriter), ParameterStatus: sdk.ToString(m.DBClusterParameterGroupStatus),
		Class: sdk.ToString(instance.DBInstanceClass), Status: sdk.ToString(instance.DBInstanceStatus),
		Pending: memberPending(instance), CA: sdk.ToString(instance.CACertificateIdentifier),
	}
	if instance.Endpoint != nil {
		member.Endpoint, member.Port = sdk.ToString(instance.Endpoint.Address), int(sdk.ToInt32(instance.Endpoint.Port))
	}
	return member
}

func tagsOf(list []types.Tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, tag := range list {
		tags[sdk.ToString(tag.Key)] = sdk.ToString(tag.Value)
	}
	return tags
}
