package gcp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
)

// rounds are made of read, change, write while others change the settings, too.
const rounds = 10

// SetFlags changes database flags. change is given those that are set, by name, and
// is asked anew with what holds then when somebody else was faster: the settings'
// version is the lock. Flags that it leaves alone stay. It returns once the change
// holds, and tells whether the instance restarts for it.
func (c *Client) SetFlags(ctx context.Context, connectionName string, change func(map[string]string) error) (restart bool, err error) {
	i, err := parse(connectionName)
	if err != nil {
		return false, err
	}
	for range rounds {
		d, err := c.get(ctx, i)
		if err != nil {
			return restart, err
		}
		was := facts(i, d)
		want := maps.Clone(was.Flags)
		if err := change(want); err != nil {
			return restart, fmt.Errorf("change the flags of %s: %w", connectionName, err)
		}
		if maps.Equal(was.Flags, want) {
			// Set, perhaps by an order whose answer was lost, perhaps by whoever ran
			// before a crash: it may still be under way.
			return restart, c.finish(ctx, i)
		}
		if restart, err = c.restarts(ctx, was, want); err != nil {
			return restart, err
		}
		err = c.patch(ctx, i, "change the flags of", flagSettings(was.SettingsVersion, want))
		if err == nil {
			return restart, nil
		}
		if !errors.Is(err, cloud.ErrStale) && !lost(err) {
			return restart, err
		}
		// Changed meanwhile, or perhaps done: the next look tells.
		if ctx.Err() != nil {
			return restart, err
		}
	}
	return restart, fmt.Errorf("change the flags of %s: %w: %d times in a row", connectionName, cloud.ErrStale, rounds)
}

// finish waits for changes of settings that are under way.
func (c *Client) finish(ctx context.Context, i instance) error {
	open, err := c.underWay(ctx, i, "UPDATE")
	if err != nil {
		return err
	}
	for _, o := range open {
		if err := c.settle(ctx, i, "change the settings of "+i.connectionName, o, nil); err != nil {
			return err
		}
	}
	return nil
}

// flagSettings is a patch. The list in it replaces the one there is: it has to be
// whole, and is sent when it is empty, too.
func flagSettings(version int64, flags map[string]string) *sqladmin.Settings {
	s := &sqladmin.Settings{SettingsVersion: version, DatabaseFlags: []*sqladmin.DatabaseFlags{}, ForceSendFields: []string{"DatabaseFlags"}}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		// A flag may be set to nothing.
		s.DatabaseFlags = append(s.DatabaseFlags, &sqladmin.DatabaseFlags{Name: name, Value: flags[name], ForceSendFields: []string{"Value"}})
	}
	return s
}

// patch changes settings and returns once that is done.
func (c *Client) patch(ctx context.Context, i instance, what string, settings *sqladmin.Settings) error {
	s, err := c.sqladmin()
	if err != nil {
		return err
	}
	r := i.on(what, "cloudsql.instances.update", roleEditor, false)
	o, err := ask(ctx, c, r, func(ctx context.Context) (*sqladmin.Operation, error) {
		return s.Instances.Patch(i.project, i.name, &sqladmin.DatabaseInstance{Settings: settings}).Context(ctx).Do()
	})
	if err != nil {
		return err
	}
	return c.settle(ctx, i, r.what, o, nil)
}

// restarts tells whether one of the flags that differ needs a restart.
func (c *Client) restarts(ctx context.Context, was cloud.Instance, want map[string]string) (bool, error) {
	flags, err := c.Flags(ctx, was.Version)
	if err != nil {
		return false, err
	}
	for _, f := range flags {
		before, set := was.Flags[f.Name]
		after, stays := want[f.Name]
		if f.RequiresRestart && (set != stays || before != after) {
			return true, nil
		}
	}
	return false, nil
}

// ReadOnly sets the database flag read_only.
func (c *Client) ReadOnly(connectionName string) cloud.ReadOnly { return readOnly{c, connectionName} }

type readOnly struct {
	client         *Client
	connectionName string
}

const readOnlyFlag = "read_only"

// Get tells what is set now.
func (r readOnly) Get(ctx context.Context) (bool, error) {
	i, err := r.client.Instance(ctx, r.connectionName)
	return yes(i.Flags[readOnlyFlag]), err
}

func yes(value string) bool { return value == "on" || value == "1" || value == "true" }

// Set sets it. Off is what holds where nothing is set, and nothing is left behind.
func (r readOnly) Set(ctx context.Context, on bool) error {
	_, err := r.client.SetFlags(ctx, r.connectionName, func(flags map[string]string) error {
		switch {
		case on && !yes(flags[readOnlyFlag]):
			flags[readOnlyFlag] = "on"
		case !on && yes(flags[readOnlyFlag]):
			delete(flags, readOnlyFlag)
		}
		return nil
	})
	return err
}
