package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/internal/ownership"
	"tandem/internal/retention"
)

// A line when less than a day is left, an alarm under six hours, and nothing where
// binlogs are kept for long.
func TestRetentionInStatus(t *testing.T) {
	t.Parallel()
	week := retention.Policy{Keeps: 7 * 24 * time.Hour, From: "flag", Raise: "raise it"}
	for _, test := range []struct {
		left  retention.Left
		level ui.RetentionLevel
	}{
		{retention.Left{Policy: week, For: 25 * time.Hour}, ""},
		{retention.Left{Policy: retention.Policy{Forever: true}}, ""},
		{retention.Left{Policy: week, For: 23 * time.Hour}, ui.RetentionNotice},
		{retention.Left{Policy: week, For: 5 * time.Hour}, ui.RetentionAlarm},
		{retention.Left{Policy: retention.Policy{Lazy: true, Raise: "set it"}}, ui.RetentionAlarm},
		{retention.Left{Policy: week, Purged: true}, ui.RetentionLost},
	} {
		got, worth := viewRetention(ownership.Source, test.left)
		if worth != (test.level != "") || got.Level != test.level {
			t.Errorf("%s: %v, %+v", test.left, worth, got)
			continue
		}
		if !worth {
			continue
		}
		var b bytes.Buffer
		s := ui.Status{Migration: "m", Retention: []ui.Retention{got}}
		if err := ui.WriteStatus(ui.NewStream(&b, ui.ColorNever, func(string) string { return "" }), s); err != nil {
			t.Fatal(err)
		}
		if out := b.String(); !strings.Contains(out, "binlogs") || !strings.Contains(out, string(test.level)) || test.left.Raise != "" && !test.left.Purged && !strings.Contains(out, test.left.Raise) {
			t.Errorf("the screen says\n%s", out)
		}
	}
}
