package aws_test

import (
	"context"
	"errors"
	"testing"

	"tandem/internal/aws"
	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func TestSnapshot(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.Do(func(s *awsfake.State) { s.Polls = 4 })
	backups := fake.Client(t).Backups(region, "courier")
	ctx := t.Context()

	begun, err := backups.Begin(ctx, "tandem-h1-before")
	if err != nil || begun.Done || begun.Status != "creating" || begun.Kind != "manual" || begun.Begun.IsZero() {
		t.Fatalf("begun as %+v, %v", begun, err)
	}
	again, err := backups.Begin(ctx, "tandem-h1-before")
	if err != nil || again.ID != begun.ID {
		t.Fatalf("asked for again: %+v, %v", again, err)
	}
	looks := 0
	done, err := backups.Wait(ctx, "tandem-h1-before", func(cloud.Backup) { looks++ })
	if err != nil || !done.Done || done.Percent != 100 || done.SizeBytes != 12<<30 || looks < 2 {
		t.Fatalf("done as %+v after %d looks, %v", done, looks, err)
	}
	if n := fake.Count("CreateDBClusterSnapshot"); n != 1 {
		t.Errorf("%d snapshots were asked for", n)
	}
	for range 2 { // gone already is no error
		if err := backups.Remove(ctx, "tandem-h1-before"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := backups.Find(ctx, "tandem-h1-before"); !errors.Is(err, cloud.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestSnapshotWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, kind := range []awsfake.Kind{awsfake.CutAfter, awsfake.CutInside} {
		fake := courier(t)
		fake.Fail(awsfake.Fault{Action: "rds:CreateDBClusterSnapshot", Kind: kind}, awsfake.Fault{Action: "rds:DeleteDBClusterSnapshot", Kind: kind})
		backups := fake.Client(t).Backups(region, "courier")
		if _, err := backups.Begin(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		if _, err := backups.Wait(t.Context(), "one", nil); err != nil {
			t.Fatal(err)
		}
		fake.Do(func(s *awsfake.State) {
			if len(s.Snapshots) != 1 {
				t.Errorf("%s: there are %d snapshots", kind, len(s.Snapshots))
			}
		})
		if err := backups.Remove(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSnapshotThatFails(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.Fail(awsfake.Fault{Action: "rds:CreateDBClusterSnapshot", Kind: awsfake.Ending, Ends: "failed"})
	backups := fake.Client(t).Backups(region, "courier")
	if _, err := backups.Begin(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	_, err := backups.Wait(t.Context(), "one", nil)
	requireError(t, err, nil, "wait for snapshot one of cluster courier", "it is failed; remove it, and begin another")
	if err := backups.Remove(t.Context(), "one"); err != nil {
		t.Error(err)
	}
	_, err = backups.Wait(t.Context(), "never-begun", nil)
	requireError(t, err, cloud.ErrNotFound)
}

func TestSnapshotsOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	client := fake.Client(t)
	if _, err := client.Backups(region, "billing").Begin(t.Context(), "theirs"); err != nil {
		t.Fatal(err)
	}
	fake.Do(func(s *awsfake.State) {
		s.Snapshots[region+"/auto"] = &awsfake.Snapshot{ID: "auto", Region: region, Cluster: "courier", Kind: "automated", Status: "available"}
	})
	ours := client.Backups(region, "courier")
	_, err := ours.Begin(t.Context(), "theirs")
	requireError(t, err, cloud.ErrExists, "of cluster billing")
	requireError(t, ours.Remove(t.Context(), "theirs"), cloud.ErrExists, "of cluster billing")
	requireError(t, ours.Remove(t.Context(), "auto"), nil, "automated")
	if n := fake.Count("DeleteDBClusterSnapshot"); n != 0 {
		t.Errorf("%d were to be removed", n)
	}
}

func TestSnapshotOfABusyCluster(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.Fail(awsfake.Fault{Action: "rds:CreateDBClusterSnapshot", Kind: awsfake.Busy})
	backups := fake.Client(t).Backups(region, "courier")
	_, err := backups.Begin(t.Context(), "one")
	requireError(t, err, cloud.ErrBusy, "InvalidDBClusterStateFault")
	if _, err := backups.Begin(t.Context(), "one"); err != nil {
		t.Error(err)
	}
}

func TestNamesThatRDSDoesNotTake(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	backups := fake.Client(t).Backups(region, "courier")
	for _, name := range []string{"", "Upper", "1st", "two--hyphens", "end-", "under_score", "x123456789012345678901234567890123456789012345678901234567890123"} {
		if _, err := backups.Begin(t.Context(), name); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if n := len(fake.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// A wait goes on although the API fails for longer than one call tries, and ends with
// the caller's context.
func TestWaitOutlivesABadMinute(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.Do(func(s *awsfake.State) { s.Polls = 3 })
	backups := fake.Client(t).Backups(region, "courier")
	if _, err := backups.Begin(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	fake.Fail(awsfake.Fault{Action: "rds:DescribeDBClusterSnapshots", Kind: awsfake.Unavailable, Times: 20},
		awsfake.Fault{Action: "rds:DescribeDBClusterSnapshots", Kind: awsfake.CutBefore, Times: 20})
	if done, err := backups.Wait(t.Context(), "one", nil); err != nil || !done.Done {
		t.Errorf("%+v, %v", done, err)
	}
	fake.Fail(awsfake.Fault{Action: "rds:DescribeDBClusterSnapshots", Kind: awsfake.Unavailable, Times: -1})
	_, err := backups.Wait(t.Context(), "one", nil)
	requireError(t, err, nil, "ServiceUnavailable")
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.Do(func(s *awsfake.State) { s.Polls = 1 << 30 })
	o := fake.Options(t)
	o.Pause = nil // real time
	client, err := aws.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	backups := client.Backups(region, "courier")
	if _, err := backups.Begin(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	why := errors.New("the plan has no time left")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err = backups.Wait(ctx, "one", func(cloud.Backup) { cancel(why) })
	requireError(t, err, why, "wait for snapshot one")
}
