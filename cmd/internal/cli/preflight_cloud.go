package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/config"
	"tandem/internal/preflight"
)

// googlePermissions are what tandem's identity is asked to have, and what for.
var googlePermissions = []preflight.Permission{
	{Name: "cloudsql.instances.get", For: "to see the instance"},
	{Name: "cloudsql.instances.connect", For: "to connect to it"},
	{Name: "cloudsql.users.list", For: "to see the users' roles"},
	{Name: "cloudsql.backupRuns.list", For: "to see backups"},
	{Name: "cloudsql.instances.login", For: "to log in as an IAM user", Optional: true},
	{Name: "cloudsql.backupRuns.create", For: "to take a backup before a stage", Optional: true},
	{Name: "cloudsql.instances.update", For: "to set read_only as a fence", Optional: true},
	{Name: "cloudsql.instances.clone", For: "to rehearse on a clone", Optional: true},
}

// askFor bounds what is asked of a cloud: without it everything else can still be
// said.
const askFor = 30 * time.Second

// preflight asks the cloud of an endpoint about it; nil for a plain server. What a
// cloud does not tell is no error: the findings say so.
func (c *clouds) preflight(ctx context.Context, e config.Endpoint) *preflight.Cloud {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	switch {
	case e.CloudSQL != nil:
		return c.preflightGoogle(ctx, e.CloudSQL.Instance)
	case e.Aurora != nil:
		return c.preflightAmazon(ctx, e.Aurora)
	}
	return nil
}

func (c *clouds) preflightGoogle(ctx context.Context, name string) *preflight.Cloud {
	facts := &preflight.Cloud{}
	unread := func(what string, err error) {
		facts.Unread = append(facts.Unread, preflight.Unread{What: what, Err: err})
	}
	client, err := c.gcp(ctx)
	if err != nil {
		unread(preflight.ReadInstance, err)
		return facts
	}
	i, err := client.Instance(ctx, name)
	if err != nil {
		unread(preflight.ReadInstance, err)
		return facts
	}
	facts.Instance = &i
	if facts.Flags, err = client.Flags(ctx, i.Version); err != nil {
		unread(preflight.ReadFlags, err)
	}
	if facts.Users, err = client.Users(ctx, name); err != nil {
		unread(preflight.ReadUsers, err)
	}
	if facts.Backups, err = client.LatestBackups(ctx, name); err != nil {
		unread(preflight.ReadBackups, err)
	}
	var names []string
	for _, p := range googlePermissions {
		names = append(names, p.Name)
	}
	granted, err := client.Permissions(ctx, i.Project, names)
	if err != nil {
		unread("tandem's own permissions", err)
		return facts
	}
	facts.Lacking = slices.DeleteFunc(slices.Clone(googlePermissions), func(p preflight.Permission) bool { return slices.Contains(granted, p.Name) })
	return facts
}

func (c *clouds) preflightAmazon(ctx context.Context, a *config.Aurora) *preflight.Cloud {
	facts := &preflight.Cloud{}
	unread := func(what string, err error) {
		facts.Unread = append(facts.Unread, preflight.Unread{What: what, Err: err})
	}
	client, err := c.aws(ctx)
	if err != nil {
		unread(preflight.ReadCluster, err)
		return facts
	}
	var cluster cloud.Cluster
	if a.Cluster != "" {
		cluster, err = client.Cluster(ctx, a.Region, a.Cluster)
	} else {
		cluster, err = client.ClusterOf(ctx, a.Region, a.Endpoint)
	}
	if err != nil {
		unread(preflight.ReadCluster, err)
		return facts
	}
	facts.Cluster = &cluster
	if facts.Parameters, err = client.Parameters(ctx, a.Region, cluster.ParameterGroup); err != nil {
		unread(preflight.ReadParameters, err)
	}
	rights, err := client.Rights(ctx, a.Region, cluster.ID)
	if err != nil {
		unread("tandem's own permissions", err)
		return facts
	}
	for _, r := range rights {
		switch {
		case errors.Is(r.Err, cloud.ErrDenied):
			facts.Lacking = append(facts.Lacking, preflight.Permission{Name: r.Action, For: "on " + r.Resource})
		case r.Err != nil:
			unread(r.Action, r.Err)
		}
	}
	return facts
}
