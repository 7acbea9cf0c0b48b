package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"tandem/internal/cloud"
)

// grace is how many looks may miss what was just asked for: the API is a moment
// behind itself.
const grace = 3

type backups struct {
	client          *Client
	region, cluster string
}

// Backups makes snapshots of a cluster. A snapshot's identifier is its name.
func (c *Client) Backups(region, cluster string) cloud.Backups {
	return &backups{client: c, region: region, cluster: cluster}
}

func (b *backups) request(verb, name, action string) request {
	return request{
		op:       fmt.Sprintf("%s snapshot %s of cluster %s in %s", verb, name, b.cluster, b.region),
		action:   "rds:" + action,
		resource: fmt.Sprintf("arn:aws:rds:%s:*:cluster-snapshot:%s", b.region, name),
	}
}

// Begin implements cloud.Backups.
func (b *backups) Begin(ctx context.Context, name string) (cloud.Backup, error) {
	ask := b.request("begin", name, "CreateDBClusterSnapshot")
	if err := checkIdentifier(name); err != nil {
		return cloud.Backup{}, fmt.Errorf("%s: %w", ask.op, err)
	}
	found, err := b.Find(ctx, name)
	if !errors.Is(err, cloud.ErrNotFound) {
		return found, err
	}
	client, err := b.client.rdsIn(ctx, b.region)
	if err != nil {
		return cloud.Backup{}, fmt.Errorf("%s: %w", ask.op, err)
	}
	out, err := client.CreateDBClusterSnapshot(ctx, &rds.CreateDBClusterSnapshotInput{
		DBClusterIdentifier: &b.cluster, DBClusterSnapshotIdentifier: &name,
	})
	if err = ask.fail(ctx, err); errors.Is(err, cloud.ErrExists) {
		// An earlier attempt of this call had worked, and its answer was lost.
		return b.Find(ctx, name)
	}
	if err != nil {
		return cloud.Backup{}, err
	}
	return backupOf(out.DBClusterSnapshot), nil
}

// Find implements cloud.Backups. A snapshot of that name of another cluster is an
// error: it would be taken for this one's.
func (b *backups) Find(ctx context.Context, name string) (cloud.Backup, error) {
	ask := b.request("read", name, "DescribeDBClusterSnapshots")
	client, err := b.client.rdsIn(ctx, b.region)
	if err != nil {
		return cloud.Backup{}, fmt.Errorf("%s: %w", ask.op, err)
	}
	out, err := client.DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{DBClusterSnapshotIdentifier: &name})
	if err != nil {
		return cloud.Backup{}, ask.fail(ctx, err)
	}
	if len(out.DBClusterSnapshots) == 0 {
		return cloud.Backup{}, ask.answered(cloud.ErrNotFound, "there is none")
	}
	snapshot := &out.DBClusterSnapshots[0]
	if of := sdk.ToString(snapshot.DBClusterIdentifier); !strings.EqualFold(of, b.cluster) {
		return cloud.Backup{}, ask.answered(cloud.ErrExists, "there is one of that name, of cluster %s", of)
	}
	return backupOf(snapshot), nil
}

// Wait implements cloud.Backups.
func (b *backups) Wait(ctx context.Context, name string, progress func(cloud.Backup)) (cloud.Backup, error) {
	var last cloud.Backup
	missed := 0
	ask := b.request("wait for", name, "DescribeDBClusterSnapshots")
	err := b.client.poll(ctx, ask.op, func(ctx context.Context) (bool, error) {
		found, err := b.Find(ctx, name)
		if errors.Is(err, cloud.ErrNotFound) && missed < grace {
			missed++
			return false, nil
		}
		if err != nil {
			return false, err
		}
		last = found
		if progress != nil {
			progress(found)
		}
		if broken(found.Status) || found.Status == "deleting" {
			return false, ask.answered(nil, "it is %s; remove it, and begin another", found.Status)
		}
		return found.Done, nil
	})
	return last, err
}

// Remove implements cloud.Backups. It returns once the snapshot is gone.
func (b *backups) Remove(ctx context.Context, name string) error {
	ask := b.request("remove", name, "DeleteDBClusterSnapshot")
	client, err := b.client.rdsIn(ctx, b.region)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	return b.client.poll(ctx, ask.op, func(ctx context.Context) (bool, error) {
		found, err := b.Find(ctx, name)
		switch {
		case errors.Is(err, cloud.ErrNotFound):
			return true, nil
		case err != nil:
			return false, err
		case found.Status == "deleting" || found.Status == "creating":
			return false, nil
		case found.Kind != "manual":
			return false, ask.answered(nil, "it is %s, and not tandem's to remove", found.Kind)
		}
		_, err = client.DeleteDBClusterSnapshot(ctx, &rds.DeleteDBClusterSnapshotInput{DBClusterSnapshotIdentifier: &name})
		return false, unless(ask.fail(ctx, err), cloud.ErrNotFound, cloud.ErrBusy)
	})
}

// unless drops an error of the kinds that another look settles.
func unless(err error, kinds ...error) error {
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return nil
		}
	}
	return err
}

func backupOf(s *types.DBClusterSnapshot) cloud.Backup {
	status := sdk.ToString(s.Status)
	return cloud.Backup{
		ID: sdk.ToString(s.DBClusterSnapshotIdentifier), Kind: sdk.ToString(s.SnapshotType), Status: status,
		Done: status == "available", Percent: int(sdk.ToInt32(s.PercentProgress)),
		Begun: sdk.ToTime(s.SnapshotCreateTime), Description: sdk.ToString(s.DBClusterSnapshotIdentifier),
		SizeBytes: int64(sdk.ToInt32(s.AllocatedStorage)) << 30,
	}
}

// broken tells of states that nothing leaves by itself.
func broken(status string) bool {
	return status == "failed" || status == "restore-error" || status == "insufficient-capacity" ||
		strings.HasPrefix(status, "incompatible-") || strings.HasPrefix(status, "inaccessible-encryption-credentials")
}

// checkIdentifier refuses what RDS would not take for a name, or would change.
func checkIdentifier(name string) error {
	bad := name == "" || len(name) > 63 || name[0] < 'a' || name[0] > 'z' ||
		strings.HasSuffix(name, "-") || strings.Contains(name, "--") ||
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
	if bad {
		return fmt.Errorf("%q is no name for RDS: up to 63 small letters, digits and single hyphens, beginning with a letter", name)
	}
	return nil
}
