package aws_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"tandem/internal/aws"
	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

// everything is each thing the client does, in an order in which it works.
func everything(ctx context.Context, c *aws.Client) error {
	backups, clones := c.Backups(region, "courier"), c.Clones(region, "courier")
	before := cloud.Record{Zone: "Z1", Name: "db.example.com", Type: "CNAME", Values: []string{"cloudsql.example.com."}}
	after := before
	after.Values = []string{"aurora.example.com."}
	for _, do := range []func() error{
		func() error {
			_, err := c.ClusterOf(ctx, region, "courier-2.c0ffee.eu-west-1.rds.amazonaws.com")
			return err
		},
		func() error { _, err := c.Secrets().Read(ctx, "aws://eu-west-1/tandem"); return err },
		func() error {
			return c.SetParameters(ctx, region, "courier-8", map[string]string{"binlog_format": "ROW", "max_connections": ""}, true)
		},
		func() error { return c.Failover(ctx, region, "courier", "courier-2") },
		func() error { return c.Reboot(ctx, region, "courier-1") },
		func() error { _, err := backups.Begin(ctx, "s"); return err },
		func() error { _, err := backups.Wait(ctx, "s", nil); return err },
		func() error { return backups.Remove(ctx, "s") },
		func() error { _, err := clones.Begin(ctx, "c", mine); return err },
		func() error { _, err := clones.Wait(ctx, "c", nil); return err },
		func() error { return clones.Remove(ctx, "c", mine) },
		func() error {
			id, err := c.DNS().Change(ctx, before, after)
			if err != nil {
				return err
			}
			return c.DNS().Wait(ctx, after, id)
		},
		func() error { return c.Store(region).Create(ctx, "reports", "r", "text/plain", []byte("r")) },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

func whole(t *testing.T) *awsfake.Server {
	t.Helper()
	fake := withGroup(t)
	fake.SetSecret(region, "tandem", "planted")
	fake.AddBucket("reports")
	fake.AddZone("Z1", awsfake.Record{Name: "db.example.com.", Type: "CNAME", TTL: 5, Values: []string{"cloudsql.example.com."}})
	return fake
}

// Whatever permission is missing, the error says which one.
func TestEveryDeniedCallNamesItsPermission(t *testing.T) {
	t.Parallel()
	fake := whole(t)
	if err := everything(t.Context(), fake.Client(t)); err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, call := range fake.Calls() {
		if !slices.Contains(actions, call.Action) {
			actions = append(actions, call.Action)
		}
		if call.Fault != awsfake.None || call.Resource == "" || strings.Contains(call.Action, "Unknown") || (call.Service != "route53" && call.Region != region) {
			t.Errorf("an odd call: %+v", call)
		}
		if tagged := call.Operation == "RestoreDBClusterToPointInTime" || call.Operation == "CreateDBInstance"; tagged != slices.Contains(call.Also, "rds:AddTagsToResource") {
			t.Errorf("whether tags are set is not told: %+v", call)
		}
	}
	if len(actions) < 18 {
		t.Errorf("only %d actions: %v", len(actions), actions)
	}
	for _, action := range actions {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			fake := whole(t)
			fake.Fail(awsfake.Fault{Action: action, Kind: awsfake.Denied, Times: -1})
			err := everything(t.Context(), fake.Client(t))
			requireError(t, err, cloud.ErrDenied, action)
			var e *aws.Error
			if !errors.As(err, &e) || e.Action != action || !strings.Contains(e.Hint(), `"Action": "`+action+`"`) {
				t.Errorf("%v names another permission: %q", err, hintOf(err))
			}
		})
	}
}
