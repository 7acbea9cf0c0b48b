package preflight

import (
	"context"
	"fmt"
	"time"
)

// checkMaintenance tells of the restarts that the cloud has planned.
func checkMaintenance(_ context.Context, s *state, v *server) ([]Finding, error) {
	i := v.instance()
	if i == nil {
		return none(notCloudSQL)
	}
	switch {
	case i.Maintenance.After(s.now().Add(-time.Hour)):
		return one(Warn, "the cloud restarts the instance soon: no handover should be under way then",
			"scheduled for "+i.Maintenance.UTC().Format(time.RFC3339), gcloud(i, "reschedule-maintenance", "--reschedule-type=NEXT_AVAILABLE_WINDOW"))
	case len(i.DenyMaintenance) == 0:
		return one(Info, "no period is kept free of maintenance: have one around the days of the handovers", "no deny maintenance period",
			gcloud(i, "instances patch", fmt.Sprintf("--deny-maintenance-period-start-date=%s --deny-maintenance-period-end-date=%s --deny-maintenance-period-time=00:00:00",
				s.now().UTC().Format(time.DateOnly), s.now().UTC().AddDate(0, 0, 60).Format(time.DateOnly))))
	}
	return nil, nil
}
