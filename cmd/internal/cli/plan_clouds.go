package cli

import (
	"context"
	"fmt"

	"tandem/internal/cloud"
	"tandem/internal/config"
	"tandem/internal/fencing"
	"tandem/internal/ownership"
	"tandem/plans/runner"
)

// planClouds is what plan steps ask of the clouds, for the instance and cluster
// that tandem.yaml names.
type planClouds struct {
	clouds *clouds
	cfg    *config.Config
}

func (c planClouds) endpoint(side ownership.Side) config.Endpoint {
	if side == ownership.Target {
		return c.cfg.Target
	}
	return c.cfg.Source.Endpoint
}

// notManagedError says that a side is in no cloud that tandem knows.
func notManagedError(side ownership.Side, e config.Endpoint) error {
	return withHint(fmt.Errorf("the %s, %s, is no managed database that tandem knows by name", side, e), "write cloudsql: or aurora: in tandem.yaml instead of host:")
}

// Backups implements [runner.Clouds].
func (c planClouds) Backups(ctx context.Context, side ownership.Side) (cloud.Backups, error) {
	switch e := c.endpoint(side); {
	case e.CloudSQL != nil:
		client, err := c.clouds.gcp(ctx)
		if err != nil {
			return nil, err
		}
		return client.Backups(e.CloudSQL.Instance), nil
	case e.Aurora != nil:
		client, err := c.clouds.aws(ctx)
		if err != nil {
			return nil, err
		}
		id, err := c.clouds.cluster(ctx, e.Aurora)
		if err != nil {
			return nil, err
		}
		return client.Backups(e.Aurora.Region, id), nil
	default:
		return nil, notManagedError(side, e)
	}
}

// ReadOnly implements [runner.Clouds]. Aurora has a procedure for it, so only
// Cloud SQL is asked here.
func (c planClouds) ReadOnly(ctx context.Context, side ownership.Side) (cloud.ReadOnly, error) {
	e := c.endpoint(side)
	if e.CloudSQL == nil {
		return nil, nil
	}
	client, err := c.clouds.gcp(ctx)
	if err != nil {
		return nil, err
	}
	return client.ReadOnly(e.CloudSQL.Instance), nil
}

// programs is what fences are lifted with.
func (w *planWork) programs() fencing.Programs {
	p := fencing.UserPrograms(w.LookupEnv)
	p.Cloud = planClouds{w.clouds, w.cfg}.ReadOnly
	return p
}

// DNS implements [runner.Clouds].
func (c planClouds) DNS(ctx context.Context, p runner.Provider) (cloud.DNS, error) {
	if p == runner.CloudDNS {
		client, err := c.clouds.gcp(ctx)
		if err != nil {
			return nil, err
		}
		return client.DNS(), nil
	}
	client, err := c.clouds.aws(ctx)
	if err != nil {
		return nil, err
	}
	return client.DNS(), nil
}

// cluster returns the identifier of a cluster, which may be known by an endpoint
// only.
func (c *clouds) cluster(ctx context.Context, a *config.Aurora) (string, error) {
	if a.Cluster != "" {
		return a.Cluster, nil
	}
	client, err := c.aws(ctx)
	if err != nil {
		return "", err
	}
	found, err := client.ClusterOf(ctx, a.Region, a.Endpoint)
	if err != nil {
		return "", fmt.Errorf("find the cluster of %s: %w", a.Endpoint, err)
	}
	return found.ID, nil
}
