package aws_test

import (
	"testing"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func writer(fake *awsfake.Server) (id string) {
	fake.Do(func(s *awsfake.State) { id = s.Clusters[region+"/courier"].Writer().ID })
	return id
}

func TestFailover(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"", "courier-2"} {
		for _, kind := range []awsfake.Kind{awsfake.None, awsfake.Throttled, awsfake.Busy, awsfake.CutBefore, awsfake.CutAfter, awsfake.CutInside} {
			t.Run(to+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				fake := courier(t)
				fake.Do(func(s *awsfake.State) { s.Polls = 3 })
				if kind != awsfake.None {
					fake.Fail(awsfake.Fault{Action: "rds:FailoverDBCluster", Kind: kind})
				}
				client := fake.Client(t)
				if err := client.Failover(t.Context(), region, "courier", to); err != nil {
					t.Fatal(err)
				}
				if got := writer(fake); got != "courier-2" {
					t.Errorf("%s writes", got)
				}
				if err := client.Failover(t.Context(), region, "courier", "courier-2"); err != nil || writer(fake) != "courier-2" {
					t.Errorf("a second one to the same member: %v, %s writes", err, writer(fake))
				}
			})
		}
	}
}

func TestFailoverThatCanNotBe(t *testing.T) {
	t.Parallel()
	fake := courier(t)
	client := fake.Client(t)
	requireError(t, client.Failover(t.Context(), region, "courier", "nobody"), cloud.ErrNotFound, "no such member")
	requireError(t, client.Failover(t.Context(), region, "billing", ""), nil, "no second member")
	requireError(t, client.Failover(t.Context(), region, "gone", ""), cloud.ErrNotFound, "fail over cluster gone")
	if n := fake.Count("FailoverDBCluster"); n != 0 {
		t.Errorf("asked for %d", n)
	}
}

func TestReboot(t *testing.T) {
	t.Parallel()
	for _, kind := range []awsfake.Kind{awsfake.None, awsfake.Throttled, awsfake.Busy, awsfake.CutBefore, awsfake.CutAfter, awsfake.CutInside} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fake := courier(t)
			fake.Do(func(s *awsfake.State) {
				s.Polls = 3
				s.Clusters[region+"/courier"].Members[0].ParameterStatus = "pending-reboot"
			})
			if kind != awsfake.None {
				fake.Fail(awsfake.Fault{Action: "rds:RebootDBInstance", Kind: kind})
			}
			client := fake.Client(t)
			if err := client.Reboot(t.Context(), region, "courier-2"); err != nil {
				t.Fatal(err)
			}
			fake.Do(func(s *awsfake.State) {
				if m := s.Clusters[region+"/courier"].Members[0]; m.Status != "available" || m.Reboots != 1 {
					t.Errorf("it is %s after %d reboots", m.Status, m.Reboots)
				}
			})
			if c, err := client.Cluster(t.Context(), region, "courier"); err != nil || !c.InSync() {
				t.Errorf("not in sync after the reboot: %v", err)
			}
			requireError(t, client.Reboot(t.Context(), region, "nobody"), cloud.ErrNotFound, "reboot instance nobody")
		})
	}
}
