package retention

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOf(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	day := plain(24 * time.Hour)
	for name, test := range map[string]struct {
		policy Policy
		ago    time.Duration
		purged bool
		above  time.Duration
		left   time.Duration
		holds  bool
	}{
		"at the end":        {policy: day, above: 23 * time.Hour, left: 24 * time.Hour, holds: true},
		"behind":            {policy: day, ago: 20 * time.Hour, above: 5 * time.Hour, left: 4 * time.Hour},
		"just above":        {policy: day, ago: 18 * time.Hour, above: 5 * time.Hour, left: 6 * time.Hour, holds: true},
		"over":              {policy: day, ago: 25 * time.Hour, above: time.Second},
		"gone":              {policy: day, purged: true, above: time.Second},
		"gone, for ever":    {policy: plain(0), purged: true, above: time.Second},
		"for ever":          {policy: plain(0), ago: 1e6 * time.Hour, above: 1e3 * time.Hour, holds: true},
		"lazy":              {policy: Policy{Lazy: true}, above: time.Second},
		"a clock that lags": {policy: day, ago: -time.Hour, above: time.Hour, left: 24 * time.Hour, holds: true},
	} {
		got := Of(test.policy, Position{Committed: now.Add(-test.ago)}, test.purged, now)
		if got.For != test.left || got.Above(test.above) != test.holds {
			t.Errorf("%s: left %s, above %s: %v; %s", name, got.For, test.above, got.Above(test.above), got)
		}
	}
}

// Cloud SQL takes the lesser of two settings.
func TestCloudSQL(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, test := range []struct {
		flag time.Duration
		days int64
		want time.Duration
		from string
	}{
		{day, 7, day, "flag binlog_expire_logs_seconds"},
		{7 * day, 2, 2 * day, "transactionLogRetentionDays"},
		{0, 3, 3 * day, "transactionLogRetentionDays"},
		{day, 0, day, "flag binlog_expire_logs_seconds"},
	} {
		got := cloudSQL(test.flag, test.days)
		if diff := cmp.Diff([]any{test.want, test.from, false}, []any{got.Keeps, got.From, got.Forever}); diff != "" {
			t.Errorf("%+v: -want +got\n%s", test, diff)
		}
	}
	if got := cloudSQL(0, 0); !got.Forever {
		t.Errorf("got %+v", got)
	}
}
