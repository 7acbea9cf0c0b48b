// Package iam holds what tandem's identity needs in the two clouds, as documents to
// apply: aws-policy.json, and the gcp-role files. Its test drives every call that
// tandem makes against the fakes of both clouds, and fails where a document has a
// permission too many or one too few.
//
//	purpose    AWS, by Sid    Google Cloud, by file
//	read       Read           gcp-role.yaml
//	connect    Connect        gcp-role.yaml
//	secrets    Secrets        gcp-role-secrets.yaml
//	steps      Snapshots,     gcp-role-steps.yaml
//	           Parameters
//	dns        Dns            gcp-role-dns.yaml
//	reports    Reports        gcp-role-reports.yaml
//	clones     Clones         gcp-role-clones.yaml
//	failover   Failover
//
// What is not used should not be given: leave out the statements and roles of
// purposes that no plan has. docs/permissions.md says which those are.
package iam
