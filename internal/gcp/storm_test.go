package gcp_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/cloud"
	"tandem/internal/gcp"
	"tandem/internal/gcp/gcpfake"
)

// Whatever passing failure meets whichever call: what was asked for is done in the
// end, once.
func TestPassingFailuresOfAnyCallChangeNoOutcome(t *testing.T) {
	t.Parallel()
	for _, action := range actions {
		calm := storm(t, action, gcpfake.Fault{Times: -2}) // of no API
		for _, api := range calm {
			for _, f := range []gcpfake.Fault{
				{Status: 429, Reason: "rateLimitExceeded"},
				{Status: 503, Reason: "backendError"},
				{Status: 503, Reason: "backendError", After: true},
				{Status: 0},
				{Status: 0, After: true},
			} {
				f.API = api
				t.Run(fmt.Sprintf("%s/%s/%d after=%v", action.name, api, f.Status, f.After), func(t *testing.T) {
					t.Parallel()
					storm(t, action, f)
				})
			}
		}
	}
}

// storm does an action once, with a fault, and returns the methods that it called.
func storm(t *testing.T, a action, f gcpfake.Fault) []string {
	t.Helper()
	s := gcpfake.New(t)
	i := s.Instance(orders, "")
	i.SetUsers(cloud.User{Name: "app", Host: "%", Kind: "BUILT_IN"})
	s.Record(record("old.shop.internal."))
	s.Bucket("reports")
	s.Secret("projects/shop/secrets/password", "x")
	s.SlowOperations(2)
	if f.API != "" {
		s.Fail(f)
	}
	if err := a.do(t.Context(), s.Client(t)); err != nil {
		t.Fatal(err)
	}
	var apis []string
	for _, c := range s.Calls() {
		apis = append(apis, c.API)
	}
	a.check(t, s, i)
	slices.Sort(apis)
	return slices.Compact(apis)
}

type action struct {
	name  string
	do    func(context.Context, *gcp.Client) error
	check func(*testing.T, *gcpfake.Server, *gcpfake.Instance)
}

var actions = []action{
	{"read only", func(ctx context.Context, c *gcp.Client) error { return c.ReadOnly(orders).Set(ctx, true) },
		func(t *testing.T, _ *gcpfake.Server, i *gcpfake.Instance) {
			if i.Flag("read_only") != "on" || i.Flag("binlog_row_metadata") != "full" {
				t.Error("flags are not as they are to be")
			}
		}},
	{"roles", func(ctx context.Context, c *gcp.Client) error {
		return c.SetUserRoles(ctx, orders, cloud.User{Name: "app", Host: "%", Roles: []string{"reader"}})
	}, func(t *testing.T, s *gcpfake.Server, _ *gcpfake.Instance) {
		got, err := s.Client(t).Users(t.Context(), orders)
		if diff := cmp.Diff([]cloud.User{{Name: "app", Host: "%", Kind: "BUILT_IN", Roles: []string{"reader"}}}, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
	}},
	{"backup", func(ctx context.Context, c *gcp.Client) error {
		if _, err := c.Backups(orders).Begin(ctx, "tandem 1"); err != nil {
			return err
		}
		_, err := c.Backups(orders).Wait(ctx, "tandem 1", nil)
		return err
	}, func(t *testing.T, s *gcpfake.Server, _ *gcpfake.Instance) {
		if got := made(t, s, "tandem 1"); len(got) != 1 || !got[0].Done {
			t.Errorf("made %+v", got)
		}
	}},
	{"backup removed", func(ctx context.Context, c *gcp.Client) error {
		if _, err := c.Backups(orders).Begin(ctx, "tandem 1"); err != nil {
			return err
		}
		return c.Backups(orders).Remove(ctx, "tandem 1")
	}, func(t *testing.T, s *gcpfake.Server, _ *gcpfake.Instance) {
		if got := made(t, s, "tandem 1"); len(got) != 0 {
			t.Errorf("left %+v", got)
		}
	}},
	{"clone", func(ctx context.Context, c *gcp.Client) error {
		clones := c.Clones(orders)
		if _, err := clones.Begin(ctx, clone, mark); err != nil {
			return err
		}
		_, err := clones.Wait(ctx, clone, nil)
		return err
	}, func(t *testing.T, s *gcpfake.Server, _ *gcpfake.Instance) {
		if got, err := s.Client(t).Clones(orders).List(t.Context(), mark); err != nil || len(got) != 1 || len(s.Instances()) != 2 {
			t.Errorf("made %+v, %v", got, err)
		}
	}},
	{"clone removed", func(ctx context.Context, c *gcp.Client) error {
		clones := c.Clones(orders)
		if _, err := clones.Begin(ctx, clone, mark); err != nil {
			return err
		}
		if _, err := clones.Wait(ctx, clone, nil); err != nil {
			return err
		}
		return clones.Remove(ctx, clone, mark)
	}, func(t *testing.T, s *gcpfake.Server, _ *gcpfake.Instance) {
		if got := s.Instances(); !slices.Equal(got, []string{orders}) {
			t.Errorf("left %v", got)
		}
	}},
	{"record", func(ctx context.Context, c *gcp.Client) error {
		id, err := c.DNS().Change(ctx, record("old.shop.internal"), record("new.shop.internal"))
		if err != nil {
			return err
		}
		return c.DNS().Wait(ctx, record("new.shop.internal"), id)
	}, func(t *testing.T, s *gcpfake.Server, _ *gcpfake.Instance) {
		if got := s.Values("shop", "internal", "db.shop.internal", "CNAME"); !slices.Equal(got, []string{"new.shop.internal."}) {
			t.Errorf("it holds %v", got)
		}
	}},
	{"report", func(ctx context.Context, c *gcp.Client) error {
		return c.Store().Create(ctx, "reports", "r", "text/plain", []byte("x"))
	}, func(t *testing.T, s *gcpfake.Server, _ *gcpfake.Instance) {
		if _, data, ok := s.Object("reports", "r"); !ok || string(data) != "x" {
			t.Errorf("stored %q", data)
		}
	}},
	{"secret", func(ctx context.Context, c *gcp.Client) error {
		_, err := c.Secrets().Read(ctx, "gcp://projects/shop/secrets/password")
		return err
	}, func(*testing.T, *gcpfake.Server, *gcpfake.Instance) {}},
	{"permissions", func(ctx context.Context, c *gcp.Client) error {
		_, err := c.Permissions(ctx, "shop", []string{"a.b.c"})
		return err
	}, func(*testing.T, *gcpfake.Server, *gcpfake.Instance) {}},
}
