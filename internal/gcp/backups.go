package gcp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
)

// Backups makes on-demand backups of an instance. Their description is the name
// that they are found by.
func (c *Client) Backups(connectionName string) cloud.Backups { return backups{c, connectionName} }

type backups struct {
	client         *Client
	connectionName string
}

// LatestBackups tells the backups there are, whoever made them, the newest first.
func (c *Client) LatestBackups(ctx context.Context, connectionName string) ([]cloud.Backup, error) {
	i, err := parse(connectionName)
	if err != nil {
		return nil, err
	}
	s, err := c.sqladmin()
	if err != nil {
		return nil, err
	}
	r := i.on("list the backups of", "cloudsql.backupRuns.list", roleViewer, true)
	var all []cloud.Backup
	for page := ""; ; {
		list, err := ask(ctx, c, r, func(ctx context.Context) (*sqladmin.BackupRunsListResponse, error) {
			return s.BackupRuns.List(i.project, i.name).MaxResults(100).PageToken(page).Context(ctx).Do()
		})
		if err != nil {
			return nil, err
		}
		for _, run := range list.Items {
			all = append(all, backupOf(run))
		}
		if page = list.NextPageToken; page == "" {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b cloud.Backup) int { return b.Begun.Compare(a.Begun) })
	return all, nil
}

func backupOf(r *sqladmin.BackupRun) cloud.Backup {
	b := cloud.Backup{
		ID: strconv.FormatInt(r.Id, 10), Kind: r.Type, Status: r.Status, Description: r.Description,
		Begun: when(r.StartTime), End: when(r.EndTime), SizeBytes: r.MaxChargeableBytes,
	}
	if b.Begun.IsZero() {
		b.Begun = when(r.EnqueuedTime)
	}
	b.Done = b.Status == "SUCCESSFUL"
	if r.Error != nil {
		b.Reason = r.Error.Message
	}
	return b
}

// over tells that a backup will never be one.
func over(b cloud.Backup) bool {
	switch b.Status {
	case "FAILED", "SKIPPED", "OVERDUE", "DELETED", "DELETION_PENDING", "DELETION_FAILED":
		return true
	}
	return false
}

// Find returns the backup of that name: of several the newest that can still be
// used, or else the newest.
func (b backups) Find(ctx context.Context, name string) (cloud.Backup, error) {
	all, err := b.client.LatestBackups(ctx, b.connectionName)
	if err != nil {
		return cloud.Backup{}, err
	}
	named := slices.DeleteFunc(all, func(o cloud.Backup) bool { return o.Description != name || o.Kind != "ON_DEMAND" })
	if len(named) == 0 {
		return cloud.Backup{}, fmt.Errorf("find backup %q of %s: %w", name, b.connectionName, cloud.ErrNotFound)
	}
	for _, o := range named {
		if !over(o) {
			return o, nil
		}
	}
	return named[0], nil
}

// Begin asks for a backup, unless there is one of that name that has not failed.
func (b backups) Begin(ctx context.Context, name string) (cloud.Backup, error) {
	i, err := parse(b.connectionName)
	if err != nil {
		return cloud.Backup{}, err
	}
	s, err := b.client.sqladmin()
	if err != nil {
		return cloud.Backup{}, err
	}
	r := i.on(fmt.Sprintf("begin backup %q of", name), "cloudsql.backupRuns.create", roleEditor, false)
	var unsure error
	for range rounds {
		found, err := b.Find(ctx, name)
		if err == nil && !over(found) {
			return found, nil
		}
		if err != nil && !errors.Is(err, cloud.ErrNotFound) {
			return cloud.Backup{}, err
		}
		o, err := ask(ctx, b.client, r, func(ctx context.Context) (*sqladmin.Operation, error) {
			return s.BackupRuns.Insert(i.project, i.name, &sqladmin.BackupRun{Description: name}).Context(ctx).Do()
		})
		if err == nil {
			return b.begun(ctx, name, o)
		}
		if !lost(err) || ctx.Err() != nil {
			return cloud.Backup{}, err
		}
		unsure = err // whether it was begun, the next look tells
		if err := b.client.options.Wait(ctx, firstWait); err != nil {
			return cloud.Backup{}, unsure
		}
	}
	return cloud.Backup{}, unsure
}

// begun returns the backup that an operation makes.
func (b backups) begun(ctx context.Context, name string, o *sqladmin.Operation) (cloud.Backup, error) {
	if o.BackupContext == nil || o.BackupContext.BackupId == 0 {
		return b.Find(ctx, name)
	}
	return b.read(ctx, strconv.FormatInt(o.BackupContext.BackupId, 10))
}

func (b backups) read(ctx context.Context, id string) (cloud.Backup, error) {
	i, err := parse(b.connectionName)
	if err != nil {
		return cloud.Backup{}, err
	}
	s, err := b.client.sqladmin()
	if err != nil {
		return cloud.Backup{}, err
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return cloud.Backup{}, fmt.Errorf("read backup %q of %s: %w", id, b.connectionName, err)
	}
	r := i.on("read backup "+id+" of", "cloudsql.backupRuns.get", roleViewer, true)
	run, err := ask(ctx, b.client, r, func(ctx context.Context) (*sqladmin.BackupRun, error) {
		return s.BackupRuns.Get(i.project, i.name, n).Context(ctx).Do()
	})
	if err != nil {
		return cloud.Backup{}, err
	}
	return backupOf(run), nil
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// Wait returns once the backup of that name can be restored from.
func (b backups) Wait(ctx context.Context, name string, progress func(cloud.Backup)) (cloud.Backup, error) {
	found, err := b.Find(ctx, name)
	if err != nil {
		return found, err
	}
	for pause := (pauses{}); !found.Done; {
		if over(found) {
			return found, fmt.Errorf("make backup %q of %s: backup %s is %s%s", name, b.connectionName, found.ID, found.Status, because(found.Reason))
		}
		if progress != nil {
			progress(found)
		}
		if err := b.client.options.Wait(ctx, pause.next(nil)); err != nil {
			return found, fmt.Errorf("wait for backup %q of %s (%s): %w", name, b.connectionName, found.Status, err)
		}
		if found, err = b.read(ctx, found.ID); err != nil {
			return found, err
		}
	}
	return found, nil
}

// Remove deletes every backup of that name.
func (b backups) Remove(ctx context.Context, name string) error {
	i, err := parse(b.connectionName)
	if err != nil {
		return err
	}
	s, err := b.client.sqladmin()
	if err != nil {
		return err
	}
	all, err := b.client.LatestBackups(ctx, b.connectionName)
	if err != nil {
		return err
	}
	for _, found := range all {
		if found.Description != name || found.Kind != "ON_DEMAND" || found.Status == "DELETED" {
			continue
		}
		n, err := strconv.ParseInt(found.ID, 10, 64)
		if err != nil {
			return err
		}
		r := i.on("delete backup "+found.ID+" of", "cloudsql.backupRuns.delete", roleSQLAdmin, true)
		o, err := ask(ctx, b.client, r, func(ctx context.Context) (*sqladmin.Operation, error) {
			return s.BackupRuns.Delete(i.project, i.name, n).Context(ctx).Do()
		})
		if errors.Is(err, cloud.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := b.client.settle(ctx, i, r.what, o, nil); err != nil {
			return err
		}
	}
	return nil
}
