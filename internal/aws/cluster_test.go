package aws_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	restorable := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	fake.Do(func(s *awsfake.State) {
		c := s.Clusters[region+"/courier"]
		c.DeletionProtection, c.BacktrackSeconds, c.MinACU, c.MaxACU = true, 3600, 0.5, 16
		c.LatestRestorable, c.PendingVersion, c.Tags = restorable, "8.0.mysql_aurora.3.09.0", map[string]string{"team": "courier"}
		c.ReplicatesFrom = "arn:aws:rds:us-east-1:1:cluster:other"
		c.Members[0].ParameterStatus, c.Members[0].PendingClass, c.Members[0].GroupStatus = "pending-reboot", "db.r6g.xlarge", "applying"
		s.BlueGreen = []awsfake.BlueGreen{
			{ID: "bgd-1", Name: "upgrade", Source: c.ARN(), Status: "AVAILABLE"},
			{ID: "bgd-2", Name: "last-year", Source: c.ARN(), Status: "SWITCHOVER_COMPLETED"},
			{ID: "bgd-3", Name: "of-others", Source: "arn:aws:rds:eu-west-1:1:cluster:billing", Status: "AVAILABLE"},
		}
		s.PageSize = 1
	})
	got, err := fake.Client(t).Cluster(t.Context(), region, "courier")
	if err != nil {
		t.Fatal(err)
	}
	want := cloud.Cluster{
		ID: "courier", ARN: "arn:aws:rds:eu-west-1:123456789012:cluster:courier", Region: region,
		Engine: "aurora-mysql", EngineVersion: "8.0.mysql_aurora.3.08.0", Status: "available",
		Writer: "courier.cluster-c0ffee.eu-west-1.rds.amazonaws.com", Reader: "courier.cluster-ro-c0ffee.eu-west-1.rds.amazonaws.com",
		Custom: []string{"reports.cluster-custom-c0ffee.eu-west-1.rds.amazonaws.com"}, Port: 3306,
		Members: []cloud.Member{
			{ID: "courier-1", Writer: true, Endpoint: "courier-1.c0ffee.eu-west-1.rds.amazonaws.com", Port: 3306, Class: "db.r6g.large",
				Status: "available", ParameterStatus: "in-sync", CA: "rds-ca-rsa2048-g1"},
			{ID: "courier-2", Endpoint: "courier-2.c0ffee.eu-west-1.rds.amazonaws.com", Port: 3306, Class: "db.r6g.large",
				Status: "available", ParameterStatus: "pending-reboot", CA: "rds-ca-rsa2048-g1",
				Pending: []string{"class db.r6g.xlarge", "parameter group default.aurora-mysql8.0 applying"}},
		},
		ParameterGroup: "courier-8", Pending: []string{"engine version 8.0.mysql_aurora.3.09.0"}, IAMAuth: true, DeletionProtection: true,
		BacktrackWindow: time.Hour, BackupDays: 7, LatestRestorable: restorable, ReplicatesFrom: "arn:aws:rds:us-east-1:1:cluster:other",
		BlueGreen: []string{"upgrade"}, MinACU: 0.5, MaxACU: 16, Tags: map[string]string{"team": "courier"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the cluster's facts (-want +got):\n%s", diff)
	}
	if got.InSync() {
		t.Error("a member waits for a reboot, and the cluster is said to be in sync")
	}
}

func TestClusterOf(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	fake.AddCluster(awsfake.Cluster{ID: "one", Endpoint: "127.0.0.1", Port: 4001, Members: []*awsfake.Member{{ID: "one-1", Host: "127.0.0.1", Writer: true}}})
	fake.AddCluster(awsfake.Cluster{ID: "two", Endpoint: "127.0.0.1", Port: 4002, Members: []*awsfake.Member{{ID: "two-1", Host: "127.0.0.1", Writer: true}}})
	fake.Do(func(s *awsfake.State) { s.PageSize = 1 })
	client := fake.Client(t)
	for endpoint, want := range map[string]string{
		"courier.cluster-c0ffee.eu-west-1.rds.amazonaws.com":        "courier",
		"Courier.Cluster-c0ffee.eu-west-1.rds.amazonaws.com.:3306":  "courier",
		"courier.cluster-ro-c0ffee.eu-west-1.rds.amazonaws.com":     "courier",
		"reports.cluster-custom-c0ffee.eu-west-1.rds.amazonaws.com": "courier",
		"courier-2.c0ffee.eu-west-1.rds.amazonaws.com":              "courier",
		"billing.cluster-c0ffee.eu-west-1.rds.amazonaws.com":        "billing",
		"127.0.0.1:4002": "two",
	} {
		got, err := client.ClusterOf(t.Context(), region, endpoint)
		if err != nil || got.ID != want {
			t.Errorf("the cluster of %s is %q (%v), want %q", endpoint, got.ID, err, want)
		}
	}
	if got, err := client.ClusterOf(t.Context(), "", "courier.cluster-c0ffee.eu-west-1.rds.amazonaws.com"); err != nil || got.Region != region {
		t.Errorf("the region is not told from the name: %v, %v", got.Region, err)
	}
	_, err := client.ClusterOf(t.Context(), region, "db.example.com")
	requireError(t, err, cloud.ErrNotFound, "db.example.com", "identifier")
}

func TestClusterIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := courier(t).Client(t).Cluster(t.Context(), "us-east-1", "courier")
	requireError(t, err, cloud.ErrNotFound, "read cluster courier in us-east-1", "DBClusterNotFoundFault")
}
