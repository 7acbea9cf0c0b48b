package gcp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
)

// Clones makes clones of an instance, in its project and region.
//
// The cloud takes no labels with the order for a clone: they are put on once it
// runs. One whose maker died in between has none; Begin under the same name finds
// it and puts them on. So that it takes no instance for a clone that is none, the
// name of one has to begin with tandem, and one without labels has to be young.
func (c *Client) Clones(connectionName string) cloud.Clones {
	return &clones{client: c, source: connectionName, wanted: map[string]map[string]string{}, orders: map[string]*sqladmin.Operation{}}
}

type clones struct {
	client *Client
	source string

	mu     sync.Mutex
	wanted map[string]map[string]string // labels that a clone is to have
	orders map[string]*sqladmin.Operation
}

const (
	// prefix begins the name of every clone.
	prefix = "tandem"
	// young is what a clone that was begun for a rehearsal and left without labels
	// may be at most.
	young = 24 * time.Hour
)

// of is the instance of that name beside the source.
func (c *clones) of(name string) (source, clone instance, err error) {
	source, err = parse(c.source)
	if err != nil {
		return source, clone, err
	}
	clone, err = parse(source.project + ":" + source.region + ":" + name)
	return source, clone, err
}

// Begin asks for a clone, unless there is one of that name.
func (c *clones) Begin(ctx context.Context, name string, tags map[string]string) (cloud.Clone, error) {
	source, clone, err := c.of(name)
	if err != nil {
		return cloud.Clone{}, err
	}
	if !strings.HasPrefix(name, prefix) || name == source.name {
		return cloud.Clone{}, fmt.Errorf("clone %s to %q: the name of a clone begins with %s", c.source, name, prefix)
	}
	c.mu.Lock()
	c.wanted[name] = labels(tags)
	c.mu.Unlock()
	s, err := c.client.sqladmin()
	if err != nil {
		return cloud.Clone{}, err
	}
	r := source.on("make clone "+name+" of", "cloudsql.instances.clone", roleSQLAdmin, false)
	for range rounds {
		found, err := c.client.get(ctx, clone)
		if err == nil {
			return c.adopt(clone, found)
		}
		if !errors.Is(err, cloud.ErrNotFound) {
			return cloud.Clone{}, err
		}
		var o *sqladmin.Operation
		o, err = ask(ctx, c.client, r, func(ctx context.Context) (*sqladmin.Operation, error) {
			return s.Instances.Clone(source.project, source.name, &sqladmin.InstancesCloneRequest{
				CloneContext: &sqladmin.CloneContext{DestinationInstanceName: name},
			}).Context(ctx).Do()
		})
		if err == nil {
			c.mu.Lock()
			c.orders[name] = o
			c.mu.Unlock()
			return cloud.Clone{Name: name, ConnectionName: clone.connectionName, Status: o.Status}, nil
		}
		// It may be there, though nobody said so; the next look tells.
		if !errors.Is(err, cloud.ErrExists) && !lost(err) || ctx.Err() != nil {
			return cloud.Clone{}, err
		}
		if werr := c.client.options.Wait(ctx, firstWait); werr != nil {
			return cloud.Clone{}, err
		}
	}
	return cloud.Clone{}, fmt.Errorf("make clone %s of %s: the cloud says neither that it is there nor that it is not", name, c.source)
}

// adopt takes what is there under the name, unless it bears others' labels, or
// none and is older than a clone could be.
func (c *clones) adopt(i instance, d *sqladmin.DatabaseInstance) (cloud.Clone, error) {
	has := cloneOf(i, d)
	c.mu.Lock()
	want := c.wanted[i.name]
	c.mu.Unlock()
	if hasAll(has.Tags, want) {
		return has, nil
	}
	refuse := func(why string) (cloud.Clone, error) {
		return has, fmt.Errorf("make clone %s of %s: %w, %s", i.name, c.source, cloud.ErrExists, why)
	}
	for k, v := range want {
		if other, ok := has.Tags[k]; ok && other != v {
			return refuse("with label " + k + "=" + other)
		}
	}
	if made := when(d.CreateTime); time.Since(made) > young {
		return refuse("made at " + d.CreateTime + " and without the labels of a clone")
	}
	return has, nil
}

func cloneOf(i instance, d *sqladmin.DatabaseInstance) cloud.Clone {
	clone := cloud.Clone{Name: d.Name, ConnectionName: d.ConnectionName, Status: d.State, Ready: d.State == "RUNNABLE", Tags: map[string]string{}}
	if clone.ConnectionName == "" {
		clone.ConnectionName = i.connectionName
	}
	if d.Settings != nil {
		for k, v := range d.Settings.UserLabels {
			clone.Tags[k] = v
		}
	}
	return clone
}

// Wait returns once the clone serves and has its labels.
func (c *clones) Wait(ctx context.Context, name string, progress func(cloud.Clone)) (cloud.Clone, error) {
	_, i, err := c.of(name)
	if err != nil {
		return cloud.Clone{}, err
	}
	c.mu.Lock()
	order, want := c.orders[name], c.wanted[name]
	c.mu.Unlock()
	now := cloud.Clone{Name: name, ConnectionName: i.connectionName, Status: "PENDING_CREATE"}
	tell := func() {
		if progress != nil {
			progress(now)
		}
	}
	if order != nil {
		if err := c.client.settle(ctx, i, "make clone "+name+" of "+c.source, order, tell); err != nil {
			return now, err
		}
	}
	for pause := (pauses{}); ; {
		d, err := c.client.get(ctx, i)
		if err != nil {
			return now, err
		}
		now = cloneOf(i, d)
		switch {
		case now.Ready && hasAll(now.Tags, want):
			return now, nil
		case now.Ready:
			if err := c.client.patch(ctx, i, "label", &sqladmin.Settings{UserLabels: want}); err != nil && !lost(err) {
				return now, err
			}
		case d.State == "FAILED" || d.State == "SUSPENDED":
			return now, fmt.Errorf("make clone %s of %s: it is %s", name, c.source, d.State)
		default:
			tell()
		}
		if err := c.client.options.Wait(ctx, pause.next(nil)); err != nil {
			return now, fmt.Errorf("wait for clone %s of %s (%s): %w", name, c.source, now.Status, err)
		}
	}
}

// List returns the instances of the project that have all of the tags.
func (c *clones) List(ctx context.Context, tags map[string]string) ([]cloud.Clone, error) {
	source, _, err := c.of(prefix)
	if err != nil {
		return nil, err
	}
	s, err := c.client.sqladmin()
	if err != nil {
		return nil, err
	}
	want := labels(tags)
	r := request{
		what: "list the instances of project " + source.project, permission: "cloudsql.instances.list",
		grant: projectGrant(source.project, roleViewer), again: true,
	}
	var all []cloud.Clone
	for page := ""; ; {
		list, err := ask(ctx, c.client, r, func(ctx context.Context) (*sqladmin.InstancesListResponse, error) {
			return s.Instances.List(source.project).Filter(filter(want)).PageToken(page).Context(ctx).Do()
		})
		if err != nil {
			return nil, err
		}
		for _, d := range list.Items {
			// The filter is the cloud's; what is removed by it is checked here.
			if clone := cloneOf(instance{project: source.project, region: d.Region, name: d.Name}, d); hasAll(clone.Tags, want) {
				all = append(all, clone)
			}
		}
		if page = list.NextPageToken; page == "" {
			return all, nil
		}
	}
}

// Remove deletes a clone that has the tags, and returns once it is gone.
func (c *clones) Remove(ctx context.Context, name string, tags map[string]string) error {
	source, i, err := c.of(name)
	if err != nil {
		return err
	}
	what := "remove clone " + name + " of " + c.source
	want := labels(tags)
	if len(want) == 0 || name == source.name {
		return fmt.Errorf("%s: without tags nothing is removed, and never the source", what)
	}
	s, err := c.client.sqladmin()
	if err != nil {
		return err
	}
	r := i.on("delete", "cloudsql.instances.delete", roleSQLAdmin, true)
	for range rounds {
		d, err := c.client.get(ctx, i)
		if errors.Is(err, cloud.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !hasAll(cloneOf(i, d).Tags, want) {
			return fmt.Errorf("%s: it does not have the labels %s: it is left alone", what, filter(want))
		}
		if d.Settings.DeletionProtectionEnabled {
			// A clone is as protected as its source.
			off := &sqladmin.Settings{ForceSendFields: []string{"DeletionProtectionEnabled"}}
			if err := c.client.patch(ctx, i, "lift the deletion protection of", off); err != nil && !lost(err) {
				return err
			}
			continue
		}
		o, err := ask(ctx, c.client, r, func(ctx context.Context) (*sqladmin.Operation, error) {
			return s.Instances.Delete(i.project, i.name).Context(ctx).Do()
		})
		if errors.Is(err, cloud.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.client.settle(ctx, i, r.what, o, nil); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: it is still there after %d attempts", what, rounds)
}
