package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// checkTimeZone compares what NOW() and the defaults of applications' sessions go
// by. tandem's own sessions are in UTC, so rows are not touched by it.
func checkTimeZone(_ context.Context, s *state) ([]Finding, error) {
	a, b := zone(s.SourceFacts.TimeZone, s.SourceFacts.SystemTimeZone), zone(s.TargetFacts.TimeZone, s.TargetFacts.SystemTimeZone)
	if a == b {
		return nil, nil
	}
	return one(Warn, "the time zones differ: after a handover NOW(), defaults and DATETIME values of applications that set none mean another time",
		fmt.Sprintf("time_zone is %s on the source, %s on the target", a, b), s.on(Target).set("time_zone", a))
}

func zone(name, system string) string {
	if strings.EqualFold(name, "SYSTEM") {
		name = system
	}
	if slices.Contains([]string{"UTC", "GMT", "ETC/UTC", "+00:00", "-00:00", "UCT", "ZULU"}, strings.ToUpper(name)) {
		return "+00:00"
	}
	return name
}
