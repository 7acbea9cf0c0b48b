package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// snapshot makes a copy of a managed database that it can be restored from. Its
// name is made of run and stage, so it is found again after a crash, and never
// made twice.
type snapshot struct {
	spec *plans.SnapshotSpec
	done cloud.Backup
}

func newSnapshot(s plans.Step) runner.Action {
	return &snapshot{spec: s.Spec.(*plans.SnapshotSpec)}
}

// snapshotName fits RDS, which takes letters, digits and single hyphens.
func snapshotName(r *runner.Run) string {
	name := strings.ReplaceAll("tandem-"+r.ID+"-"+r.Stage, "_", "-")
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	return strings.TrimRight(strings.ToLower(name), "-")
}

func (s *snapshot) backups(ctx context.Context, r *runner.Run) (cloud.Backups, error) {
	if r.Clouds == nil {
		return nil, errors.New("no cloud can be asked here")
	}
	return r.Clouds.Backups(ctx, ownership.Side(s.spec.Side))
}

// Apply implements [runner.Action].
func (s *snapshot) Apply(ctx context.Context, r *runner.Run) error {
	b, err := s.backups(ctx, r)
	if err != nil {
		return err
	}
	name := snapshotName(r)
	err = settled(ctx, r, "ask for snapshot "+name, func() error { return s.begin(ctx, r, b, name) })
	if err != nil {
		return fmt.Errorf("ask for snapshot %s of the %s: %w", name, s.spec.Side, err)
	}
	r.Hook("snapshot asked")
	began := r.Now()
	err = settled(ctx, r, "wait for snapshot "+name, func() (err error) {
		s.done, err = b.Wait(ctx, name, func(now cloud.Backup) {
			r.Say(fmt.Sprintf("snapshot %s of the %s is %s, after %s", name, s.spec.Side, now.Status, r.Now().Sub(began).Round(time.Second)))
		})
		return err
	})
	if err != nil {
		return &cloudError{fmt.Errorf("wait for snapshot %s of the %s: %w", name, s.spec.Side, err),
			"tandem plan resume waits again; one that has failed must be deleted first, since its name is taken"}
	}
	return nil
}

// begin asks for the snapshot unless there is one. That it was asked for is in the
// journal first; whether that has come through, the cloud tells.
func (s *snapshot) begin(ctx context.Context, r *runner.Run, b cloud.Backups, name string) error {
	switch _, err := b.Find(ctx, name); {
	case err == nil:
		return nil
	case !errors.Is(err, cloud.ErrNotFound):
		return err
	}
	if err := r.Note(ctx, journal.Data{"snapshot": name, "side": string(s.spec.Side)}); err != nil {
		return err
	}
	_, err := b.Begin(ctx, name)
	if errors.Is(err, cloud.ErrExists) {
		return nil
	}
	return err
}

// Confirm implements [runner.Action].
func (s *snapshot) Confirm(ctx context.Context, r *runner.Run) (journal.Data, error) {
	b, err := s.backups(ctx, r)
	if err != nil {
		return nil, err
	}
	var found cloud.Backup
	err = settled(ctx, r, "look for the snapshot", func() (err error) {
		found, err = b.Find(ctx, snapshotName(r))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for snapshot %s of the %s: %w", snapshotName(r), s.spec.Side, err)
	}
	if !found.Done {
		return nil, fmt.Errorf("snapshot %s of the %s is %s", snapshotName(r), s.spec.Side, found.Status)
	}
	return journal.Data{"snapshot": snapshotName(r), "id": found.ID, "status": found.Status,
		"says": fmt.Sprintf("%s (%s) is %s; it stays, and is yours to delete", snapshotName(r), found.ID, found.Status)}, nil
}

// Undo implements [runner.Action]: the snapshot stays, whatever becomes of the run.
func (s *snapshot) Undo(_ context.Context, r *runner.Run) error {
	r.Log.Info("a snapshot stays, and is yours to delete", "snapshot", snapshotName(r), "side", string(s.spec.Side))
	return nil
}
