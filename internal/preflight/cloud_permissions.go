package preflight

import (
	"context"
	"fmt"
)

// checkCloudPermissions tells what tandem's identity may not do in the cloud, found
// by harmless calls.
func checkCloudPermissions(_ context.Context, _ *state, v *server) ([]Finding, error) {
	if v.cloud == nil {
		return none(notManaged)
	}
	var found []Finding
	for _, kind := range []struct {
		optional bool
		severity Severity
		what     string
	}{
		{false, Warn, "tandem's identity lacks permissions in the cloud: what needs them can not be done"},
		{true, Info, "tandem's identity lacks permissions that only some plans need"},
	} {
		var names []string
		for _, p := range v.cloud.Lacking {
			if p.Optional != kind.optional {
				continue
			}
			name := p.Name
			if p.For != "" {
				name += " (" + p.For + ")"
			}
			names = append(names, name)
		}
		if len(names) == 0 {
			continue
		}
		fix := "attach the statements of deploy/iam/aws-policy.json to the role that tandem runs as"
		if i := v.instance(); i != nil {
			fix = fmt.Sprintf("gcloud projects add-iam-policy-binding %s --member=serviceAccount:ACCOUNT --role=projects/%s/roles/tandem, with the roles of deploy/iam", i.Project, i.Project)
		}
		found = append(found, Finding{Severity: kind.severity, What: kind.what, Evidence: list(names), Fix: fix})
	}
	var unread []string
	for _, u := range v.cloud.Unread {
		unread = append(unread, fmt.Sprintf("%s: %v", u.What, u.Err))
	}
	if len(unread) > 0 {
		found = append(found, Finding{Severity: Warn, What: "the cloud did not tell everything, so checks were left out", Evidence: list(unread),
			Fix: "give tandem's identity the permissions of deploy/iam, and see docs/permissions.md"})
	}
	return found, nil
}
