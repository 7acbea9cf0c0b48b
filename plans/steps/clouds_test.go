package steps

import (
	"context"
	"errors"
	"sync"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/ownership"
	"tandem/internal/retention"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// fakeClouds are one record, backups by name, and what each side has left. What
// fails is taken from the front of a list; nil goes through.
type fakeClouds struct {
	mu      sync.Mutex
	record  cloud.Record
	looks   []error
	changes []error
	// lost are changes that are done although the answer is an error.
	lost    bool
	changed int
	waited  []string

	backups map[string]cloud.Backup
	begins  []error
	begun   int

	left map[ownership.Side]retention.Left
}

func take(list *[]error) error {
	if len(*list) == 0 {
		return nil
	}
	err := (*list)[0]
	*list = (*list)[1:]
	return err
}

func (f *fakeClouds) Backups(context.Context, ownership.Side) (cloud.Backups, error) {
	return fakeBackups{f}, nil
}
func (f *fakeClouds) ReadOnly(context.Context, ownership.Side) (cloud.ReadOnly, error) {
	return nil, nil
}
func (f *fakeClouds) DNS(context.Context, runner.Provider) (cloud.DNS, error) { return f, nil }
func (f *fakeClouds) Left(_ context.Context, side ownership.Side) (retention.Left, error) {
	return f.left[side], nil
}

func (f *fakeClouds) Lookup(_ context.Context, r cloud.Record) (cloud.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := take(&f.looks); err != nil {
		return cloud.Record{}, err
	}
	if r.Name != f.record.Name {
		return cloud.Record{}, cloud.ErrNotFound
	}
	return f.record, nil
}

func (f *fakeClouds) Change(_ context.Context, before, after cloud.Record) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := take(&f.changes)
	if err != nil && !f.lost {
		return "", err
	}
	if !f.record.Same(before) {
		return "", cloud.ErrStale
	}
	f.record = after
	f.changed++
	return "C1", err
}

func (f *fakeClouds) Wait(_ context.Context, _ cloud.Record, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waited = append(f.waited, id)
	return nil
}

type fakeBackups struct{ *fakeClouds }

func (f fakeBackups) Begin(_ context.Context, name string) (cloud.Backup, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := take(&f.begins)
	if err != nil && !f.lost {
		return cloud.Backup{}, err
	}
	f.begun++
	f.backups[name] = cloud.Backup{ID: "b1", Status: "creating", Description: name}
	return f.backups[name], err
}

func (f fakeBackups) Find(_ context.Context, name string) (cloud.Backup, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, there := f.backups[name]
	if !there {
		return b, cloud.ErrNotFound
	}
	return b, nil
}

func (f fakeBackups) Wait(ctx context.Context, name string, progress func(cloud.Backup)) (cloud.Backup, error) {
	b, err := f.Find(ctx, name)
	if err != nil {
		return b, err
	}
	progress(b)
	f.mu.Lock()
	defer f.mu.Unlock()
	b.Done, b.Status = true, "available"
	f.backups[name] = b
	return b, nil
}

func (fakeBackups) Remove(context.Context, string) error { return errors.New("nobody removes these") }

// remembering has what a run notes found by the runs behind it.
func remembering(r *runner.Run, n *notes) {
	r.Noted = func(string) []journal.Data {
		n.mu.Lock()
		defer n.mu.Unlock()
		var list []journal.Data
		for _, d := range n.all {
			one := journal.Data{}
			for name, value := range d {
				one[name] = value
			}
			list = append(list, one)
		}
		return list
	}
}

var errBroken = errors.New("503 backend error")

const dayLeft = 24 * time.Hour
