package gcp

import "fmt"

// What a person types to give a permission. MEMBER stands for the identity, which
// the cloud does not tell.

func projectGrant(project, role string) string {
	return fmt.Sprintf("gcloud projects add-iam-policy-binding %s --member=MEMBER --role=%s", project, role)
}

// Roles that the cloud has, the smallest that fit.
const (
	roleViewer   = "roles/cloudsql.viewer"
	roleConnect  = "roles/cloudsql.client"
	roleLogin    = "roles/cloudsql.instanceUser"
	roleEditor   = "roles/cloudsql.editor"
	roleSQLAdmin = "roles/cloudsql.admin"
	roleDNS      = "roles/dns.admin"
)

// on says what is asked of an instance.
func (i instance) on(what, permission, role string, again bool) request {
	return request{
		what:       what + " " + i.connectionName,
		permission: permission,
		grant:      projectGrant(i.project, role),
		again:      again,
	}
}

// instance is a connection name taken apart.
type instance struct{ connectionName, project, region, name string }

func parse(connectionName string) (instance, error) {
	p, r, n, err := ParseInstance(connectionName)
	return instance{connectionName: connectionName, project: p, region: r, name: n}, err
}
