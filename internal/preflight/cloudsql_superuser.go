package preflight

import (
	"context"
	"slices"
	"strings"
)

// checkCloudSQLSuperuser tells of users with cloudsqlsuperuser: whoever makes a
// user in the console, and names no role, gives it nearly every privilege.
func checkCloudSQLSuperuser(_ context.Context, _ *state, v *server) ([]Finding, error) {
	i := v.instance()
	if i == nil {
		return none(notCloudSQL)
	}
	if err := v.unread(ReadUsers); err != nil {
		return none("the users could not be read: " + err.Error())
	}
	own, _, _ := strings.Cut(v.grants.User, "@")
	var names []string
	for _, u := range v.cloud.Users {
		if u.Name == own || u.Name == "root" || u.Kind != "" && u.Kind != "BUILT_IN" {
			continue
		}
		if len(u.Roles) == 0 || slices.Contains(u.Roles, "cloudsqlsuperuser") {
			names = append(names, u.Name+"@"+u.Host)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Warn, "users have the role cloudsqlsuperuser: REVOKE does nothing about what it gives, so a fence of grants does not hold them", list(names),
		"make the applications' users by SQL (CREATE USER …, GRANT … ON database.*): those get no role; or take the role away: gcloud sql users set-password is not enough, "+
			"the users.update call of the Cloud SQL Admin API with databaseRoles is")
}
