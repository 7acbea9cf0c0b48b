package gcpfake

import (
	"fmt"
	"net/http"
	"time"

	"google.golang.org/api/sqladmin/v1"
)

// operation is one of the admin API. It is done after a number of calls.
type operation struct {
	resource *sqladmin.Operation
	left     int
	// done happens when it is; failed when it fails half-way.
	done, failed func()
}

// begin starts an operation on an instance. The server is locked.
func (s *Server) begin(project, target, kind string, done, failed func()) *operation {
	s.last++
	o := &operation{
		resource: &sqladmin.Operation{
			Kind: "sql#operation", Name: fmt.Sprintf("operation-%d", s.last), Status: "PENDING", OperationType: kind,
			TargetProject: project, TargetId: target, InsertTime: time.Now().UTC().Format(time.RFC3339),
		},
		left: s.polls, done: done, failed: failed,
	}
	s.operations = append(s.operations, o)
	return o
}

// tick lets every operation come nearer to its end. The server is locked.
func (s *Server) tick() {
	for _, o := range s.operations {
		if o.resource.Status == "DONE" {
			continue
		}
		if o.left > 0 {
			o.left--
			o.resource.Status = "RUNNING"
			continue
		}
		o.resource.Status = "DONE"
		o.resource.EndTime = time.Now().UTC().Format(time.RFC3339)
		if message, ok := s.broken[o.resource.OperationType]; ok {
			o.resource.Error = &sqladmin.OperationErrors{Errors: []*sqladmin.OperationError{{Code: "INTERNAL_ERROR", Message: message}}}
			if o.failed != nil {
				o.failed()
			}
			continue
		}
		if o.done != nil {
			o.done()
		}
	}
}

// busy refuses a change while another operation holds the instance.
func (s *Server) busy(project, target string) *refusal {
	for _, o := range s.operations {
		if o.resource.Status != "DONE" && o.resource.TargetProject == project && o.resource.TargetId == target {
			return refuse(http.StatusConflict, "operationInProgress", "Operation failed because another operation was already in progress.")
		}
	}
	return nil
}

func (s *Server) getOperation(r *http.Request) (any, *refusal) {
	for _, o := range s.operations {
		if o.resource.TargetProject == r.PathValue("project") && o.resource.Name == r.PathValue("operation") {
			return o.resource, nil
		}
	}
	return nil, gone
}

func (s *Server) listOperations(r *http.Request) (any, *refusal) {
	answer := &sqladmin.OperationsListResponse{}
	for _, o := range s.operations {
		if o.resource.TargetProject == r.PathValue("project") && o.resource.TargetId == r.URL.Query().Get("instance") {
			answer.Items = append([]*sqladmin.Operation{o.resource}, answer.Items...)
		}
	}
	return answer, nil
}

// UnderWay tells how many operations of the instance are not done.
func (i *Instance) UnderWay() int {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	n := 0
	for _, o := range i.server.operations {
		if o.resource.Status != "DONE" && o.resource.TargetProject == i.project && o.resource.TargetId == i.name {
			n++
		}
	}
	return n
}

// RunOperation begins an operation of another hand, which holds the instance for
// so many calls of the admin API.
func (i *Instance) RunOperation(polls int) {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	o := i.server.begin(i.project, i.name, "MAINTENANCE", nil, nil)
	o.left = polls
}
