package gcpfake

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/api/sqladmin/v1"
)

// at returns the instance that a request is about.
func (s *Server) at(r *http.Request) (*Instance, *refusal) {
	if i := s.instances[r.PathValue("project")+"/"+r.PathValue("instance")]; i != nil {
		return i, nil
	}
	return nil, refuse(http.StatusNotFound, "instanceDoesNotExist", "The Cloud SQL instance does not exist.")
}

// free is at, for what another operation keeps from changing.
func (s *Server) free(r *http.Request) (*Instance, *refusal) {
	i, no := s.at(r)
	if no == nil {
		no = s.busy(i.project, i.name)
	}
	return i, no
}

func (s *Server) getInstance(r *http.Request) (any, *refusal) {
	i, no := s.at(r)
	if no != nil {
		return nil, no
	}
	return i.resource, nil
}

// listInstances understands filters of labels only: settings.userLabels.k:v.
func (s *Server) listInstances(r *http.Request) (any, *refusal) {
	answer := &sqladmin.InstancesListResponse{}
	for _, key := range slices.Sorted(maps.Keys(s.instances)) {
		i := s.instances[key]
		if i.project != r.PathValue("project") {
			continue
		}
		match := true
		for _, term := range strings.Fields(r.URL.Query().Get("filter")) {
			label, value, _ := strings.Cut(strings.TrimPrefix(term, "settings.userLabels."), ":")
			match = match && i.resource.Settings.UserLabels[label] == value
		}
		if match {
			answer.Items = append(answer.Items, i.resource)
		}
	}
	return answer, nil
}

// patchInstance changes settings: lists and maps that are named are replaced
// whole, and what is not named stays.
func (s *Server) patchInstance(r *http.Request) (any, *refusal) {
	i, no := s.free(r)
	if no != nil {
		return nil, no
	}
	var patch struct {
		Settings struct {
			SettingsVersion           string                     `json:"settingsVersion"`
			DatabaseFlags             *[]*sqladmin.DatabaseFlags `json:"databaseFlags"`
			UserLabels                map[string]string          `json:"userLabels"`
			DeletionProtectionEnabled *bool                      `json:"deletionProtectionEnabled"`
		} `json:"settings"`
	}
	if err := json.NewDecoder(r.Body).Decode(&patch); err != nil {
		return nil, refuse(http.StatusBadRequest, "parseError", err.Error())
	}
	p := patch.Settings
	if p.SettingsVersion != "" && p.SettingsVersion != strconv.FormatInt(i.resource.Settings.SettingsVersion, 10) {
		return nil, refuse(http.StatusPreconditionFailed, "staleData", "Condition does not match.")
	}
	apply := func() {
		settings := i.resource.Settings
		if p.DatabaseFlags != nil {
			settings.DatabaseFlags = *p.DatabaseFlags
		}
		if p.DeletionProtectionEnabled != nil {
			settings.DeletionProtectionEnabled = *p.DeletionProtectionEnabled
		}
		// Labels are merged.
		for k, v := range p.UserLabels {
			if settings.UserLabels == nil {
				settings.UserLabels = map[string]string{}
			}
			settings.UserLabels[k] = v
		}
		settings.SettingsVersion++
	}
	if s.eager {
		apply()
		apply = nil
	}
	return s.begin(i.project, i.name, "UPDATE", apply, nil).resource, nil
}

func (s *Server) deleteInstance(r *http.Request) (any, *refusal) {
	i, no := s.free(r)
	if no != nil {
		return nil, no
	}
	if i.resource.Settings.DeletionProtectionEnabled {
		return nil, refuse(http.StatusBadRequest, "invalid", "The instance is protected. Please disable the deletion protection and try again.")
	}
	return s.begin(i.project, i.name, "DELETE", func() {
		i.stop()
		delete(s.instances, i.project+"/"+i.name)
	}, nil).resource, nil
}

func (s *Server) cloneInstance(r *http.Request) (any, *refusal) {
	source, no := s.free(r)
	if no != nil {
		return nil, no
	}
	body, no := read[sqladmin.InstancesCloneRequest](r)
	if no != nil {
		return nil, no
	}
	name := body.CloneContext.DestinationInstanceName
	if s.instances[source.project+"/"+name] != nil {
		return nil, refuse(http.StatusConflict, "instanceAlreadyExists", "The Cloud SQL instance already exists.")
	}
	resource := standardInstance(source.project, source.region, name)
	// A clone has its source's settings.
	encoded, err := json.Marshal(source.resource.Settings)
	if err != nil {
		panic(err)
	}
	resource.Settings = &sqladmin.Settings{}
	if err := json.Unmarshal(encoded, resource.Settings); err != nil {
		panic(err)
	}
	resource.DatabaseVersion, resource.State = source.resource.DatabaseVersion, "PENDING_CREATE"
	backend := source.backend
	if s.onClone != nil {
		backend = s.onClone(source.connectionName(), source.project+":"+source.region+":"+name)
	}
	clone := s.add(source.project, source.region, name, backend, resource)
	clone.users = source.users
	return s.begin(source.project, name, "CLONE",
		func() { resource.State = "RUNNABLE" },
		func() { resource.State = "FAILED" }).resource, nil
}

func (s *Server) listUsers(r *http.Request) (any, *refusal) {
	i, no := s.at(r)
	if no != nil {
		return nil, no
	}
	return &sqladmin.UsersListResponse{Items: i.users}, nil
}

func (s *Server) updateUser(r *http.Request) (any, *refusal) {
	i, no := s.free(r)
	if no != nil {
		return nil, no
	}
	body, no := read[sqladmin.User](r)
	if no != nil {
		return nil, no
	}
	q := r.URL.Query()
	roles := slices.Concat(q["databaseRoles"], body.DatabaseRoles)
	for _, u := range i.users {
		if u.Name == q.Get("name") && u.Host == q.Get("host") {
			return s.begin(i.project, i.name, "UPDATE_USER", func() {
				if q.Get("revokeExistingRoles") == "true" {
					u.DatabaseRoles = nil
				}
				u.DatabaseRoles = append(u.DatabaseRoles, roles...)
			}, nil).resource, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "userDoesNotExist", "The user does not exist.")
}

func (s *Server) listFlags(r *http.Request) (any, *refusal) {
	answer := &sqladmin.FlagsListResponse{}
	version := r.URL.Query().Get("databaseVersion")
	for _, f := range s.flags {
		if version == "" || slices.Contains(f.AppliesTo, version) {
			answer.Items = append(answer.Items, f)
		}
	}
	return answer, nil
}

func standardFlags() []*sqladmin.Flag {
	versions := []string{"MYSQL_8_0", "MYSQL_8_4"}
	return []*sqladmin.Flag{
		{Name: "read_only", Type: "BOOLEAN", AppliesTo: versions},
		{Name: "binlog_row_metadata", Type: "STRING", AllowedStringValues: []string{"minimal", "full"}, AppliesTo: versions},
		{Name: "binlog_row_image", Type: "STRING", AllowedStringValues: []string{"full", "minimal", "noblob"}, AppliesTo: versions},
		{Name: "binlog_expire_logs_seconds", Type: "INTEGER", MinValue: 0, MaxValue: 4294967295, AppliesTo: versions},
		{Name: "max_allowed_packet", Type: "INTEGER", MinValue: 16384, MaxValue: 1073741824, AppliesTo: versions},
		{Name: "local_infile", Type: "BOOLEAN", AppliesTo: versions},
		{Name: "event_scheduler", Type: "BOOLEAN", AppliesTo: versions},
		{Name: "cloudsql_iam_authentication", Type: "BOOLEAN", RequiresRestart: true, AppliesTo: versions},
		{Name: "performance_schema", Type: "BOOLEAN", RequiresRestart: true, AppliesTo: versions},
		{Name: "innodb_log_buffer_size", Type: "INTEGER", RequiresRestart: true, AppliesTo: versions},
	}
}
