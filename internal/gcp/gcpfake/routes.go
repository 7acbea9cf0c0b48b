package gcpfake

import (
	"net/http"
	"strings"
)

// routes are the methods of the APIs that package gcp calls, with the permissions
// that the cloud's documentation names for each.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	add := func(pattern, api string, answer func(*http.Request) (any, *refusal), permissions ...string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.serve(w, r, endpoint{api: api, permissions: permissions, answer: answer})
		})
	}
	const (
		sql = "/v1/projects/{project}"
		zn  = "/dns/v1/projects/{project}/managedZones/{zone}"
	)
	add("GET "+sql+"/instances", "sql.instances.list", s.listInstances, "cloudsql.instances.list")
	add("GET "+sql+"/instances/{instance}", "sql.instances.get", s.getInstance, "cloudsql.instances.get")
	add("PATCH "+sql+"/instances/{instance}", "sql.instances.patch", s.patchInstance, "cloudsql.instances.update", "cloudsql.instances.get")
	add("DELETE "+sql+"/instances/{instance}", "sql.instances.delete", s.deleteInstance, "cloudsql.instances.delete")
	add("POST "+sql+"/instances/{instance}/clone", "sql.instances.clone", s.cloneInstance, "cloudsql.instances.clone")
	add("GET "+sql+"/instances/{instance}/users", "sql.users.list", s.listUsers, "cloudsql.users.list")
	add("PUT "+sql+"/instances/{instance}/users", "sql.users.update", s.updateUser, "cloudsql.users.update")
	add("GET "+sql+"/instances/{instance}/backupRuns", "sql.backupRuns.list", s.listBackups, "cloudsql.backupRuns.list")
	add("POST "+sql+"/instances/{instance}/backupRuns", "sql.backupRuns.insert", s.insertBackup, "cloudsql.backupRuns.create")
	add("GET "+sql+"/instances/{instance}/backupRuns/{id}", "sql.backupRuns.get", s.getBackup, "cloudsql.backupRuns.get")
	add("DELETE "+sql+"/instances/{instance}/backupRuns/{id}", "sql.backupRuns.delete", s.deleteBackup, "cloudsql.backupRuns.delete")
	add("GET "+sql+"/operations", "sql.operations.list", s.listOperations, "cloudsql.instances.get")
	add("GET "+sql+"/operations/{operation}", "sql.operations.get", s.getOperation, "cloudsql.instances.get")
	add("GET /v1/flags", "sql.flags.list", s.listFlags)

	// The connector still speaks the older version.
	const connector = "/sql/v1beta4/projects/{project}/instances/{instance}"
	add("GET "+connector+"/connectSettings", "sql.connect.get", s.connectSettings, "cloudsql.instances.get")
	mux.HandleFunc("POST "+connector, func(w http.ResponseWriter, r *http.Request) {
		name, verb, _ := strings.Cut(r.PathValue("instance"), ":")
		if verb != "generateEphemeralCert" {
			http.NotFound(w, r)
			return
		}
		r.SetPathValue("instance", name)
		s.serveCertificate(w, r)
	})

	add("GET /v1/projects/{project}/secrets/{secret}/versions/{version}", "secretmanager.versions.access", s.accessSecret, "secretmanager.versions.access")
	add("POST /v1/projects/{project}", "cloudresourcemanager.projects.testIamPermissions", s.testPermissions)

	add("GET "+zn+"/rrsets", "dns.resourceRecordSets.list", s.listRecords, "dns.resourceRecordSets.list")
	add("POST "+zn+"/changes", "dns.changes.create", s.createChange, "dns.changes.create",
		"dns.resourceRecordSets.create", "dns.resourceRecordSets.delete")
	add("GET "+zn+"/changes", "dns.changes.list", s.listChanges, "dns.changes.list")
	add("GET "+zn+"/changes/{change}", "dns.changes.get", s.getChange, "dns.changes.get")

	add("POST /upload/storage/v1/b/{bucket}/o", "storage.objects.insert", s.insertObject, "storage.objects.create")
	add("GET /storage/v1/b/{bucket}/o/{object...}", "storage.objects.get", s.getObject, "storage.objects.get")
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, endpoint{api: "unknown", answer: func(*http.Request) (any, *refusal) {
			return nil, refuse(http.StatusNotFound, "notFound", "the fake knows no "+r.Method+" "+r.URL.Path)
		}})
	})
	return mux
}
