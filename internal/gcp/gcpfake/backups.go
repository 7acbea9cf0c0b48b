package gcpfake

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"google.golang.org/api/sqladmin/v1"
)

// listBackups answers in pages of two, the newest first: who reads one page only
// is found out.
func (s *Server) listBackups(r *http.Request) (any, *refusal) {
	i, no := s.at(r)
	if no != nil {
		return nil, no
	}
	all := slices.Clone(i.backups)
	slices.Reverse(all)
	from, _ := strconv.Atoi(r.URL.Query().Get("pageToken"))
	to := min(from+2, len(all))
	answer := &sqladmin.BackupRunsListResponse{Items: all[min(from, to):to]}
	if to < len(all) {
		answer.NextPageToken = strconv.Itoa(to)
	}
	return answer, nil
}

func (s *Server) insertBackup(r *http.Request) (any, *refusal) {
	i, no := s.free(r)
	if no != nil {
		return nil, no
	}
	body, no := read[sqladmin.BackupRun](r)
	if no != nil {
		return nil, no
	}
	s.last++
	now := func() string { return time.Now().UTC().Format(time.RFC3339Nano) }
	run := &sqladmin.BackupRun{
		Id: int64(s.last), Description: body.Description, Instance: i.name, Type: "ON_DEMAND", Status: "RUNNING",
		EnqueuedTime: now(), StartTime: now(),
	}
	i.backups = append(i.backups, run)
	o := s.begin(i.project, i.name, "BACKUP_VOLUME",
		func() { run.Status, run.EndTime = "SUCCESSFUL", now() },
		func() {
			run.Status, run.EndTime = "FAILED", now()
			run.Error = &sqladmin.OperationError{Code: "INTERNAL_ERROR", Message: s.broken["BACKUP_VOLUME"]}
		})
	o.resource.BackupContext = &sqladmin.BackupContext{BackupId: run.Id}
	return o.resource, nil
}

func (s *Server) backup(r *http.Request) (*Instance, *sqladmin.BackupRun, *refusal) {
	i, no := s.at(r)
	if no != nil {
		return nil, nil, no
	}
	for _, b := range i.backups {
		if strconv.FormatInt(b.Id, 10) == r.PathValue("id") {
			return i, b, nil
		}
	}
	return nil, nil, refuse(http.StatusNotFound, "backupRunDoesNotExist", "Backup run does not exist.")
}

func (s *Server) getBackup(r *http.Request) (any, *refusal) {
	_, b, no := s.backup(r)
	if no != nil {
		return nil, no
	}
	return b, nil
}

func (s *Server) deleteBackup(r *http.Request) (any, *refusal) {
	i, b, no := s.backup(r)
	if no != nil {
		return nil, no
	}
	if no := s.busy(i.project, i.name); no != nil {
		return nil, no
	}
	return s.begin(i.project, i.name, "DELETE_BACKUP", func() {
		i.backups = slices.DeleteFunc(i.backups, func(o *sqladmin.BackupRun) bool { return o == b })
	}, nil).resource, nil
}
