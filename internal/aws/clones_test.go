package aws_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

var mine = map[string]string{"tandem": "rehearsal", "tandem-run": "h1"}

func TestClone(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.Do(func(s *awsfake.State) {
		s.Polls, s.PageSize = 3, 1
		c := s.Clusters[region+"/courier"]
		c.SecurityGroups, c.SubnetGroup, c.MinACU, c.MaxACU, c.DeletionProtection = []string{"sg-a", "sg-b"}, "data", 0.5, 8, true
		c.Members[1].Class, c.Members[1].ParameterGroup, c.Members[1].Public = "db.serverless", "courier-instance", true
	})
	clones := fake.Client(t).Clones(region, "courier")
	ctx := t.Context()
	begun, err := clones.Begin(ctx, "tandem-rehearsal", mine)
	if err != nil || begun.Ready || begun.Status != "creating" {
		t.Fatalf("begun as %+v, %v", begun, err)
	}
	if _, err := clones.Begin(ctx, "tandem-rehearsal", mine); err != nil {
		t.Fatal(err)
	}
	var seen []string
	ready, err := clones.Wait(ctx, "tandem-rehearsal", func(c cloud.Clone) {
		if len(seen) == 0 || seen[len(seen)-1] != c.Status {
			seen = append(seen, c.Status)
		}
	})
	if err != nil || !ready.Ready || ready.Host != "tandem-rehearsal.cluster-c0ffee.eu-west-1.rds.amazonaws.com" || ready.Port != 3306 {
		t.Fatalf("ready as %+v, %v", ready, err)
	}
	if diff := cmp.Diff([]string{"creating", "available, without an instance yet", "available, its instance creating", "available"}, seen); diff != "" {
		t.Errorf("what was seen (-want +got):\n%s", diff)
	}
	fake.Do(func(s *awsfake.State) {
		made := s.Clusters[region+"/tandem-rehearsal"]
		if diff := cmp.Diff([]any{[]string{"sg-a", "sg-b"}, "data", "courier-8", 0.5, 8.0, true, false, mine},
			[]any{made.SecurityGroups, made.SubnetGroup, made.ParameterGroup, made.MinACU, made.MaxACU, made.IAMAuth, made.DeletionProtection, made.Tags}); diff != "" {
			t.Errorf("the clone is not like the original (-want +got):\n%s", diff)
		}
		m := made.Members[0]
		if diff := cmp.Diff([]any{"tandem-rehearsal-1", "db.serverless", "courier-instance", true, mine}, []any{m.ID, m.Class, m.ParameterGroup, m.Public, m.Tags}); diff != "" {
			t.Errorf("its instance is not like the writer (-want +got):\n%s", diff)
		}
	})
	list, err := clones.List(ctx, map[string]string{"tandem": "rehearsal"})
	if err != nil || len(list) != 1 || list[0].Name != "tandem-rehearsal" || !list[0].Ready {
		t.Errorf("listed: %+v, %v", list, err)
	}
	for range 2 {
		if err := clones.Remove(ctx, "tandem-rehearsal", mine); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := clones.List(ctx, mine); err != nil || len(list) != 0 {
		t.Errorf("left: %+v, %v", list, err)
	}
	if n := fake.Count("RestoreDBClusterToPointInTime") + fake.Count("CreateDBInstance"); n != 2 {
		t.Errorf("%d things were asked for, want a cluster and an instance", n)
	}
}

// Wherever it stops, asking again makes one clone, and removing removes all of it.
func TestCloneInTrouble(t *testing.T) {
	t.Parallel()
	actions := []string{"rds:RestoreDBClusterToPointInTime", "rds:CreateDBInstance", "rds:DeleteDBInstance", "rds:DeleteDBCluster", "rds:ModifyDBCluster", "rds:DescribeDBClusters", "rds:DescribeDBInstances"}
	kinds := []awsfake.Kind{awsfake.Throttled, awsfake.Unavailable, awsfake.Busy, awsfake.CutBefore, awsfake.CutAfter, awsfake.CutInside}
	for _, action := range actions {
		for _, kind := range kinds {
			if kind == awsfake.Busy && (action == "rds:DescribeDBClusters" || action == "rds:DescribeDBInstances") {
				continue // looking is always allowed
			}
			t.Run(action+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				fake := courier(t)
				clones := fake.Client(t).Clones(region, "courier")
				fake.Fail(awsfake.Fault{Action: action, Kind: kind, Times: 2})
				for {
					_, err := clones.Begin(t.Context(), "c", mine)
					if errors.Is(err, cloud.ErrBusy) {
						continue // the caller asks again
					}
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				if ready, err := clones.Wait(t.Context(), "c", nil); err != nil || !ready.Ready {
					t.Fatalf("%+v, %v", ready, err)
				}
				fake.Do(func(s *awsfake.State) {
					made := s.Clusters[region+"/c"]
					if len(s.Clusters) != 3 || len(made.Members) != 1 {
						t.Errorf("there are %d clusters and %d members", len(s.Clusters), len(made.Members))
					}
					made.DeletionProtection = true
				})
				if err := clones.Remove(t.Context(), "c", mine); err != nil {
					t.Fatal(err)
				}
				fake.Do(func(s *awsfake.State) {
					if len(s.Clusters) != 2 {
						t.Errorf("%d clusters are left", len(s.Clusters))
					}
				})
			})
		}
	}
}

func TestHalfMadeCloneIsRemoved(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	clones := fake.Client(t).Clones(region, "courier")
	if _, err := clones.Begin(t.Context(), "no-instance", mine); err != nil {
		t.Fatal(err)
	}
	fake.Fail(awsfake.Fault{Action: "rds:CreateDBInstance", Kind: awsfake.Ending, Ends: "incompatible-network"})
	if _, err := clones.Begin(t.Context(), "broken", mine); err != nil {
		t.Fatal(err)
	}
	_, err := clones.Wait(t.Context(), "broken", nil)
	requireError(t, err, nil, "wait for clone broken", "its instance broken-1 is incompatible-network")
	for _, name := range []string{"no-instance", "broken"} {
		if err := clones.Remove(t.Context(), name, mine); err != nil {
			t.Error(err)
		}
	}
	fake.Do(func(s *awsfake.State) {
		if len(s.Clusters) != 2 {
			t.Errorf("%d clusters are left", len(s.Clusters))
		}
	})
}

func TestWhatIsNotTandemsIsLeftAlone(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	clones := fake.Client(t).Clones(region, "courier")
	_, err := clones.Begin(t.Context(), "billing", mine)
	requireError(t, err, cloud.ErrExists, "without the tags")
	requireError(t, clones.Remove(t.Context(), "billing", mine), nil, "left alone")
	requireError(t, clones.Remove(t.Context(), "courier", mine), nil, "the cluster itself")
	requireError(t, clones.Remove(t.Context(), "billing", nil), nil, "without tags")
	_, err = clones.List(t.Context(), nil)
	requireError(t, err, nil, "no tags")
	// A cluster without instances of somebody else's gets none of ours.
	fake.AddCluster(awsfake.Cluster{ID: "empty"})
	_, err = clones.Wait(t.Context(), "empty", nil)
	requireError(t, err, nil, "no copy on write of courier")
	for _, operation := range []string{"DeleteDBCluster", "DeleteDBInstance", "ModifyDBCluster", "CreateDBInstance"} {
		if n := fake.Count(operation); n != 0 {
			t.Errorf("%s was asked for", operation)
		}
	}
}

func TestCloneNobodyMayMake(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.Fail(awsfake.Fault{Action: "rds:RestoreDBClusterToPointInTime", Kind: awsfake.Denied})
	_, err := fake.Client(t).Clones(region, "courier").Begin(t.Context(), "c", mine)
	requireError(t, err, cloud.ErrDenied, "begin clone c of cluster courier in eu-west-1")
	if hintOf(err) == "" {
		t.Error("no hint")
	}
}
