package gcp_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
	"tandem/internal/gcp"
	"tandem/internal/gcp/gcpfake"
)

func set(name, value string) func(map[string]string) error {
	return func(flags map[string]string) error { flags[name] = value; return nil }
}

// other is a hand that sets a flag at the same time.
func other(i *gcpfake.Instance, name, value string) func() {
	return func() {
		i.Edit(func(d *sqladmin.DatabaseInstance) {
			d.Settings.DatabaseFlags = append(d.Settings.DatabaseFlags, &sqladmin.DatabaseFlags{Name: name, Value: value})
		})
	}
}

func flagsOf(t *testing.T, c *gcp.Client) map[string]string {
	t.Helper()
	i, err := c.Instance(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	return i.Flags
}

func TestSetFlagsKeepsEveryOtherFlag(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		change  func(map[string]string) error
		want    map[string]string
		restart bool
		patches int
	}{
		{"add", set("read_only", "on"),
			map[string]string{"binlog_row_metadata": "full", "binlog_expire_logs_seconds": "604800", "read_only": "on"}, false, 1},
		{"add one that restarts", set("performance_schema", "on"),
			map[string]string{"binlog_row_metadata": "full", "binlog_expire_logs_seconds": "604800", "performance_schema": "on"}, true, 1},
		{"change", set("binlog_row_metadata", "minimal"),
			map[string]string{"binlog_row_metadata": "minimal", "binlog_expire_logs_seconds": "604800"}, false, 1},
		{"take the last away", func(f map[string]string) error { clear(f); return nil }, map[string]string{}, false, 1},
		{"change nothing", set("binlog_row_metadata", "full"),
			map[string]string{"binlog_row_metadata": "full", "binlog_expire_logs_seconds": "604800"}, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := gcpfake.New(t)
			s.Instance(orders, "")
			c := s.Client(t)
			restart, err := c.SetFlags(t.Context(), orders, test.change)
			if err != nil {
				t.Fatal(err)
			}
			if restart != test.restart {
				t.Errorf("restart: %v", restart)
			}
			if diff := cmp.Diff(test.want, flagsOf(t, c)); diff != "" {
				t.Error(diff)
			}
			if n := s.Count("sql.instances.patch"); n != test.patches {
				t.Errorf("%d patches, want %d", n, test.patches)
			}
		})
	}
}

func TestSetFlagsAsksAnewWhenSomebodyWasFaster(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	i := s.Instance(orders, "")
	s.Before("sql.instances.patch", other(i, "local_infile", "on"))
	s.Before("sql.instances.patch", other(i, "event_scheduler", "off"))
	c := s.Client(t)
	asked := 0
	_, err := c.SetFlags(t.Context(), orders, func(f map[string]string) error { asked++; f["read_only"] = "on"; return nil })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"binlog_row_metadata": "full", "binlog_expire_logs_seconds": "604800", "read_only": "on", "local_infile": "on", "event_scheduler": "off"}
	if diff := cmp.Diff(want, flagsOf(t, c)); diff != "" {
		t.Error(diff)
	}
	if asked != 3 {
		t.Errorf("asked %d times, want 3", asked)
	}
}

func TestSetFlagsGivesUpAgainstSomebodyWhoIsAlwaysFaster(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	i := s.Instance(orders, "")
	for range 20 {
		s.Before("sql.instances.patch", func() { i.Edit(func(*sqladmin.DatabaseInstance) {}) })
	}
	_, err := s.Client(t).SetFlags(t.Context(), orders, set("read_only", "on"))
	refused(t, err, cloud.ErrStale, "10 times in a row")
	if i.Flag("read_only") != "" {
		t.Error("set nevertheless")
	}
}

func TestSetFlagsReturnsOnceTheChangeHolds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(*gcpfake.Server, *gcpfake.Instance)
	}{
		{"a slow operation", func(s *gcpfake.Server, _ *gcpfake.Instance) { s.SlowOperations(7) }},
		{"another operation under way", func(_ *gcpfake.Server, i *gcpfake.Instance) { i.RunOperation(25) }},
		{"set already by an operation that is under way", func(s *gcpfake.Server, i *gcpfake.Instance) {
			s.SlowOperations(7)
			s.Fail(gcpfake.Fault{API: "sql.instances.patch", Status: 0, After: true})
		}},
		{"told already, and not holding yet", func(s *gcpfake.Server, _ *gcpfake.Instance) {
			s.SlowOperations(9)
			s.TellAtOnce()
			s.Fail(gcpfake.Fault{API: "sql.instances.patch", Status: 0, After: true})
		}},
		{"operations that nobody can look at for a while", func(s *gcpfake.Server, _ *gcpfake.Instance) {
			s.SlowOperations(3)
			s.Fail(gcpfake.Fault{API: "sql.operations.get", Status: 503, Times: 8})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := gcpfake.New(t)
			i := s.Instance(orders, "")
			test.spoil(s, i)
			if _, err := s.Client(t).SetFlags(t.Context(), orders, set("read_only", "on")); err != nil {
				t.Fatal(err)
			}
			if i.Flag("read_only") != "on" || i.UnderWay() > 0 {
				t.Errorf("it does not hold: %d operations are under way", i.UnderWay())
			}
		})
	}
}

func TestSetFlagsReportsAnOperationThatFailed(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	i := s.Instance(orders, "")
	s.SlowOperations(2)
	s.FailOperation("UPDATE", "no capacity")
	_, err := s.Client(t).SetFlags(t.Context(), orders, set("read_only", "on"))
	refused(t, err, nil, "change the flags of "+orders+": operation operation-1 failed: INTERNAL_ERROR no capacity")
	var failed *gcp.OperationError
	if !errors.As(err, &failed) || failed.Hint() != "gcloud sql operations describe operation-1 --project=shop" {
		t.Errorf("%#v", err)
	}
	if i.Flag("read_only") != "" {
		t.Error("set nevertheless")
	}
}

func TestSetFlagsChangesNothingWhenItsCallerRefuses(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	why := errors.New("not while it is read")
	_, err := s.Client(t).SetFlags(t.Context(), orders, func(f map[string]string) error { clear(f); return why })
	refused(t, err, why, orders)
	if n := s.Count("sql.instances.patch"); n != 0 {
		t.Errorf("%d patches", n)
	}
}

func TestWaitingForABusyInstanceEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "").RunOperation(1 << 30)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := s.Client(t).SetFlags(ctx, orders, set("read_only", "on"))
	refused(t, err, context.DeadlineExceeded, "change the flags of "+orders)
}

func TestReadOnlyIsSetAndTakenAwayWithoutTrace(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	c := s.Client(t)
	before := flagsOf(t, c)
	for _, on := range []bool{true, true, false, false} {
		if err := c.ReadOnly(orders).Set(t.Context(), on); err != nil {
			t.Fatal(err)
		}
		if got, err := c.ReadOnly(orders).Get(t.Context()); err != nil || got != on {
			t.Errorf("read only: %v, %v; want %v", got, err, on)
		}
	}
	if diff := cmp.Diff(before, flagsOf(t, c)); diff != "" {
		t.Error(diff)
	}
	if n := s.Count("sql.instances.patch"); n != 2 {
		t.Errorf("%d patches, want 2", n)
	}
}

func TestUsersAreGivenExactlyTheRolesThatAreNamed(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	users := []cloud.User{
		{Name: "app", Host: "%", Kind: "BUILT_IN", Roles: []string{"cloudsqlsuperuser"}},
		{Name: "app", Host: "10.0.0.%", Kind: "BUILT_IN"},
		{Name: "ann", Host: "%", Kind: "CLOUD_IAM_USER"},
	}
	s.Instance(orders, "").SetUsers(users...)
	c := s.Client(t)
	if err := c.SetUserRoles(t.Context(), orders, cloud.User{Name: "app", Host: "%", Roles: []string{"reader", "writer"}}); err != nil {
		t.Fatal(err)
	}
	users[0].Roles = []string{"reader", "writer"}
	got, err := c.Users(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(users, got); diff != "" {
		t.Error(diff)
	}
	refused(t, c.SetUserRoles(t.Context(), orders, cloud.User{Name: "app", Host: "%"}), nil, "stands for cloudsqlsuperuser")
	refused(t, c.SetUserRoles(t.Context(), orders, cloud.User{Name: "bob", Host: "%", Roles: []string{"reader"}}), cloud.ErrNotFound, "bob@%")
}
