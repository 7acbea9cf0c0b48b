package gcp_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
	"tandem/internal/gcp"
	"tandem/internal/gcp/gcpfake"
)

func TestInstanceTellsWhatTheAdminAPIKnows(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "").Edit(func(d *sqladmin.DatabaseInstance) {
		d.InstanceType, d.MasterInstanceName = "READ_REPLICA_INSTANCE", "shop:primary"
		d.ScheduledMaintenance = &sqladmin.SqlScheduledMaintenance{StartTime: "2026-12-01T02:00:00Z"}
		d.Settings.StorageAutoResizeLimit = 500
		d.Settings.IpConfiguration.PscConfig.PscEnabled = true
		d.Settings.DenyMaintenancePeriods = []*sqladmin.DenyMaintenancePeriod{{StartDate: "2026-12-20", EndDate: "2027-01-02"}}
		d.IpAddresses = []*sqladmin.IpMapping{{Type: "PRIMARY", IpAddress: "192.0.2.1"}, {Type: "PRIVATE", IpAddress: "192.0.2.2"}, {Type: "OUTGOING", IpAddress: "192.0.2.3"}}
	})
	got, err := s.Client(t).Instance(t.Context(), orders)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.ServerCA, "BEGIN CERTIFICATE") {
		t.Errorf("authority: %q", got.ServerCA)
	}
	got.ServerCA = ""
	want := cloud.Instance{
		Project: "shop", Region: "europe-west1", Name: "orders", ConnectionName: orders,
		Version: "MYSQL_8_0", State: "RUNNABLE", Kind: "READ_REPLICA_INSTANCE", Primary: "primary",
		Tier: "db-custom-4-15360", Edition: "ENTERPRISE", Availability: "REGIONAL",
		DiskGB: 100, DiskLimitGB: 500, DiskAutoResize: true, ActivationPolicy: "ALWAYS", DeletionProtection: true,
		BackupsEnabled: true, BinlogEnabled: true, TransactionLogDays: 7, TransactionLogState: "CLOUD_STORAGE",
		Flags:           map[string]string{"binlog_row_metadata": "full", "binlog_expire_logs_seconds": "604800"},
		SettingsVersion: 2, SSLMode: "ENCRYPTED_ONLY", PublicIP: "192.0.2.1", PrivateIP: "192.0.2.2",
		PSC: true, DNSName: "orders.europe-west1.sql-psc.goog",
		Maintenance:     time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC),
		DenyMaintenance: []cloud.Period{{First: "2026-12-20", Last: "2027-01-02"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFlagsTellWhatMayBeSet(t *testing.T) {
	t.Parallel()
	got, err := gcpfake.New(t).Client(t).Flags(t.Context(), "MYSQL_8_0")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]cloud.Flag{
		"read_only":                   {Name: "read_only", AllowedValues: []string{"on", "off"}},
		"binlog_row_metadata":         {Name: "binlog_row_metadata", AllowedValues: []string{"minimal", "full"}},
		"cloudsql_iam_authentication": {Name: "cloudsql_iam_authentication", RequiresRestart: true, AllowedValues: []string{"on", "off"}},
	}
	for _, f := range got {
		if w, ok := want[f.Name]; ok {
			if diff := cmp.Diff(w, f); diff != "" {
				t.Error(diff)
			}
			delete(want, f.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestPassingFailuresAreAskedAgainAndLastingOnesReported(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault gcpfake.Fault
		calls int
		kind  error
		text  string // empty where it works in the end
	}{
		{"throttled", gcpfake.Fault{Status: 429, Reason: "rateLimitExceeded", Times: 3}, 4, nil, ""},
		{"throttled with 403", gcpfake.Fault{Status: 403, Reason: "rateLimitExceeded", Times: 3}, 4, nil, ""},
		{"unavailable", gcpfake.Fault{Status: 503, Reason: "backendError", Times: 5}, 6, nil, ""},
		{"cut", gcpfake.Fault{Status: 0, Times: 2}, 3, nil, ""},
		{"unavailable for good", gcpfake.Fault{Status: 503, Reason: "backendError", Times: -1}, 6, nil,
			"read instance shop:europe-west1:orders: planted by the test (HTTP 503 backendError)"},
		{"not enabled", gcpfake.Fault{Status: 403, Reason: "accessNotConfigured"}, 1, cloud.ErrDenied, "permission denied"},
		{"bad token", gcpfake.Fault{Status: 401, Reason: "authError"}, 1, cloud.ErrNoCredentials, "no credentials"},
		{"bad request", gcpfake.Fault{Status: 400, Reason: "invalid"}, 1, nil, "HTTP 400 invalid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := gcpfake.New(t)
			s.Instance(orders, "")
			test.fault.API = "sql.instances.get"
			s.Fail(test.fault)
			_, err := s.Client(t).Instance(t.Context(), orders)
			if test.text != "" {
				refused(t, err, test.kind, test.text)
			} else if err != nil {
				t.Error(err)
			}
			if n := s.Count("sql.instances.get"); n != test.calls {
				t.Errorf("%d calls, want %d", n, test.calls)
			}
		})
	}
}

func TestWaitsGrowAndKeepToWhatTheCloudAsksFor(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	var mu sync.Mutex
	var waits []time.Duration
	o := s.Options()
	o.Wait = func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, d)
		return nil
	}
	c, err := gcp.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	s.Fail(gcpfake.Fault{API: "sql.instances.get", Status: 503, Times: 3})
	s.Fail(gcpfake.Fault{API: "sql.instances.get", Status: 429, RetryAfter: "7"})
	if _, err := c.Instance(t.Context(), orders); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{250 * time.Millisecond, 400 * time.Millisecond, 640 * time.Millisecond, 7 * time.Second}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Error(diff)
	}
}

func TestDenialsNameThePermissionAndTheCommandThatGrantsIt(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	s.Secret("projects/shop/secrets/password", "x")
	s.Bucket("reports")
	c := s.Client(t)
	for _, test := range []struct {
		permission string
		ask        func() error
		hint       string
	}{
		{"cloudsql.instances.get", func() error { _, err := c.Instance(t.Context(), orders); return err },
			"gcloud projects add-iam-policy-binding shop --member=MEMBER --role=roles/cloudsql.viewer"},
		{"cloudsql.instances.update", func() error { return c.ReadOnly(orders).Set(t.Context(), true) },
			"gcloud projects add-iam-policy-binding shop --member=MEMBER --role=roles/cloudsql.editor"},
		{"secretmanager.versions.access", func() error {
			_, err := c.Secrets().Read(t.Context(), "gcp://projects/shop/secrets/password")
			return err
		}, "gcloud secrets add-iam-policy-binding password --project=shop --member=MEMBER"},
		{"storage.objects.create", func() error { return c.Store().Create(t.Context(), "reports", "r", "text/plain", nil) },
			"gcloud storage buckets add-iam-policy-binding gs://reports"},
	} {
		s.Deny(test.permission)
		err := test.ask()
		refused(t, err, cloud.ErrDenied, test.permission+" is needed")
		var hint interface{ Hint() string }
		if !errors.As(err, &hint) || !strings.Contains(hint.Hint(), test.hint) {
			t.Errorf("%v: the hint is not %q", err, test.hint)
		}
	}
}

func TestInstanceIsNotTakenForOneOfAnotherRegion(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	_, err := s.Client(t).Instance(t.Context(), "shop:us-east1:orders")
	refused(t, err, cloud.ErrNotFound, "its connection name is shop:europe-west1:orders")
}

func TestAskingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Instance(orders, "")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the run ends")
	s.Before("sql.instances.get", func() { cancel(why) })
	s.Fail(gcpfake.Fault{API: "sql.instances.get", Status: 503, Times: -1})
	_, err := s.Client(t).Instance(ctx, orders)
	refused(t, err, why, "read instance "+orders)
	if n := s.Count("sql.instances.get"); n > 2 {
		t.Errorf("%d calls after the end", n)
	}
}
