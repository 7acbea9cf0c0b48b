package aws_test

import (
	"errors"
	"fmt"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"tandem/internal/aws"
	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func withGroup(t *testing.T) *awsfake.Server {
	t.Helper()
	fake := courier(t)
	group := awsfake.Group{Name: "courier-8", Parameters: []awsfake.Parameter{
		{Name: "binlog_format", Value: sdk.String("OFF"), Static: true, Modifiable: true, Source: "system"},
		{Name: "binlog_checksum", Modifiable: true},
		{Name: "binlog_row_image"},
		{Name: "max_connections", Value: sdk.String("900"), Modifiable: true},
		{Name: "time_zone", Value: sdk.String("UTC"), Modifiable: true},
	}}
	for i := range 45 {
		group.Parameters = append(group.Parameters, awsfake.Parameter{Name: fmt.Sprintf("p%02d", i), Modifiable: true})
	}
	fake.AddGroup(group)
	return fake
}

func TestParameters(t *testing.T) {
	t.Parallel()
	fake := withGroup(t)
	fake.Do(func(s *awsfake.State) { s.PageSize = 7 })
	list, err := fake.Client(t).Parameters(t.Context(), region, "courier-8")
	if err != nil || len(list) != 50 {
		t.Fatalf("%d parameters, %v", len(list), err)
	}
	want := []cloud.Parameter{
		{Name: "binlog_format", Value: "OFF", Set: true, Modifiable: true, Static: true, Source: "system"},
		{Name: "binlog_checksum", Modifiable: true, Source: "engine-default"},
		{Name: "binlog_row_image", Source: "engine-default"},
		{Name: "max_connections", Value: "900", Set: true, Modifiable: true, Source: "user"},
	}
	if diff := cmp.Diff(want, list[:4]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = fake.Client(t).Parameters(t.Context(), region, "gone")
	requireError(t, err, cloud.ErrNotFound, "read parameter group gone in eu-west-1")
}

func TestSetParameters(t *testing.T) {
	t.Parallel()
	for _, kind := range []awsfake.Kind{awsfake.None, awsfake.Throttled, awsfake.CutAfter} {
		fake := withGroup(t)
		client := fake.Client(t)
		values := map[string]string{"binlog_format": "ROW", "time_zone": "UTC", "max_connections": ""}
		for i := range 45 {
			values[fmt.Sprintf("p%02d", i)] = "1"
		}
		err := client.SetParameters(t.Context(), region, "courier-8", values, false)
		var reboot *aws.RebootNeededError
		if !errors.As(err, &reboot) || !cmp.Equal(reboot.Static, []string{"binlog_format"}) {
			t.Fatalf("a static one without leave to reboot: %v", err)
		}
		if n := fake.Count("ModifyDBClusterParameterGroup"); n != 0 {
			t.Fatalf("%d changes were made all the same", n)
		}
		if kind != awsfake.None {
			fake.Fail(awsfake.Fault{Action: "rds:ModifyDBClusterParameterGroup", Kind: kind}, awsfake.Fault{Action: "rds:ResetDBClusterParameterGroup", Kind: kind})
		}
		if err := client.SetParameters(t.Context(), region, "courier-8", values, true); err != nil {
			t.Fatal(err)
		}
		fake.Do(func(s *awsfake.State) {
			have := map[string]awsfake.Parameter{}
			for _, p := range s.Groups[region+"/courier-8"].Parameters {
				have[p.Name] = p
			}
			if p := have["binlog_format"]; p.Value == nil || *p.Value != "ROW" || p.Method != "pending-reboot" {
				t.Errorf("binlog_format: %+v", p)
			}
			if p := have["max_connections"]; p.Value != nil || p.Source != "engine-default" || p.Method != "immediate" {
				t.Errorf("max_connections: %+v", p)
			}
			if p := have["time_zone"]; p.Method != "" {
				t.Errorf("time_zone was touched: %+v", p)
			}
			if p := have["p44"]; p.Value == nil || *p.Value != "1" || p.Method != "immediate" {
				t.Errorf("p44: %+v", p)
			}
		})
		if c, err := client.Cluster(t.Context(), region, "courier"); err != nil || c.InSync() {
			t.Errorf("no member waits for a reboot: %v", err)
		}
		before := len(fake.Calls())
		if err := client.SetParameters(t.Context(), region, "courier-8", values, true); err != nil || len(fake.Calls()) != before+1 {
			t.Errorf("asked for again: %v, %d calls more", err, len(fake.Calls())-before)
		}
	}
}

func TestSetParametersThatCanNotBe(t *testing.T) {
	t.Parallel()
	fake := withGroup(t)
	fake.AddGroup(awsfake.Group{Name: "default.aurora-mysql8.0", Parameters: []awsfake.Parameter{{Name: "time_zone", Modifiable: true}}})
	client := fake.Client(t)
	set := func(group, name string) error {
		return client.SetParameters(t.Context(), region, group, map[string]string{name: "x"}, true)
	}
	requireError(t, set("courier-8", "binlog_row_image"), nil, "binlog_row_image can not be changed")
	requireError(t, set("courier-8", "nothing"), cloud.ErrNotFound, "no parameter nothing")
	requireError(t, set("default.aurora-mysql8.0", "time_zone"), nil, "default group")
	fake.Do(func(s *awsfake.State) { s.Groups[region+"/courier-8"].Busy = true })
	requireError(t, set("courier-8", "time_zone"), cloud.ErrBusy, "change parameter group courier-8")
}
