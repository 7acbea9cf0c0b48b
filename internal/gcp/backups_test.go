package gcp_test

import (
	"testing"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/gcp/gcpfake"
)

// made returns the backups of that description, as the cloud tells them.
func made(t *testing.T, s *gcpfake.Server, name string) []cloud.Backup {
	t.Helper()
	all, err := s.Client(t).LatestBackups(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	var named []cloud.Backup
	for _, b := range all {
		if b.Description == name {
			named = append(named, b)
		}
	}
	return named
}

func TestLatestBackupsTellsEveryPageTheNewestFirst(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	i := s.Instance(orders, "")
	day := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	for _, n := range []int{2, 0, 4, 1, 3} {
		i.AddBackup(cloud.Backup{Kind: "AUTOMATED", Status: "SUCCESSFUL", Begun: day.AddDate(0, 0, n), End: day.AddDate(0, 0, n).Add(time.Hour)})
	}
	got, err := s.Client(t).LatestBackups(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 5 {
		t.Fatalf("%d backups, want 5", len(got))
	}
	for n, b := range got {
		if want := day.AddDate(0, 0, 4-n); !b.Begun.Equal(want) || !b.End.Equal(want.Add(time.Hour)) || !b.Done {
			t.Errorf("%d: %+v, want one of %s", n, b, want)
		}
	}
}

func TestBackupIsMadeOnceUnderItsName(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	s.SlowOperations(6)
	b := s.Client(t).Backups(orders)
	first, err := b.Begin(t.Context(), "tandem before handover 1")
	if err != nil {
		t.Fatal(err)
	}
	// As after a crash: another client.
	b = s.Client(t).Backups(orders)
	second, err := b.Begin(t.Context(), "tandem before handover 1")
	if err != nil {
		t.Fatal(err)
	}
	if first.ID != second.ID || first.Done || s.Count("sql.backupRuns.insert") != 1 {
		t.Errorf("begun twice: %+v, %+v", first, second)
	}
	looks := 0
	done, err := b.Wait(t.Context(), "tandem before handover 1", func(cloud.Backup) { looks++ })
	if err != nil {
		t.Fatal(err)
	}
	if !done.Done || done.ID != first.ID || done.Kind != "ON_DEMAND" || done.End.IsZero() || looks == 0 {
		t.Errorf("%+v after %d looks", done, looks)
	}
	if _, err := b.Begin(t.Context(), "tandem before handover 2"); err != nil {
		t.Fatal(err)
	}
	if n := s.Count("sql.backupRuns.insert"); n != 2 {
		t.Errorf("%d backups were asked for, want 2", n)
	}
}

func TestBackupThatFailedIsReportedAndCanBeMadeAgain(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	s.SlowOperations(3)
	s.FailOperation("BACKUP_VOLUME", "disk is gone")
	b := s.Client(t).Backups(orders)
	failed, err := b.Begin(t.Context(), "tandem 1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Wait(t.Context(), "tandem 1", nil)
	refused(t, err, nil, "is FAILED: disk is gone")
	s.Heal()
	again, err := b.Begin(t.Context(), "tandem 1")
	if err != nil {
		t.Fatal(err)
	}
	if again.ID == failed.ID {
		t.Error("the failed one was taken for a backup")
	}
	if done, err := b.Wait(t.Context(), "tandem 1", nil); err != nil || done.ID != again.ID {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestBackupIsFoundByNameAndRemovedWithoutTouchingOthers(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	i := s.Instance(orders, "")
	// Nobody's backup is removed that only bears the name.
	i.AddBackup(cloud.Backup{Kind: "AUTOMATED", Status: "SUCCESSFUL", Description: "tandem 1", Begun: time.Now()})
	b := s.Client(t).Backups(orders)
	_, err := b.Find(t.Context(), "tandem 1")
	refused(t, err, cloud.ErrNotFound, `find backup "tandem 1" of `+orders)
	for _, name := range []string{"tandem 1", "tandem 2"} {
		if _, err := b.Begin(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Wait(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := b.Remove(t.Context(), "tandem 1"); err != nil {
			t.Fatal(err)
		}
	}
	if left := made(t, s, "tandem 1"); len(left) != 1 || left[0].Kind != "AUTOMATED" {
		t.Errorf("left: %+v", left)
	}
	if left := made(t, s, "tandem 2"); len(left) != 1 {
		t.Errorf("left: %+v", left)
	}
}
