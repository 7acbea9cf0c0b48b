package gcpfake

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/dns/v1"

	"tandem/internal/cloud"
)

// Record puts a record into a managed zone, which is made if there is none; a
// record without values is taken away.
func (s *Server) Record(r cloud.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zones[r.Project+"/"+r.Zone]
	if z == nil {
		z = &zone{pending: map[string]int{}}
		s.zones[r.Project+"/"+r.Zone] = z
	}
	name := strings.TrimSuffix(r.Name, ".") + "."
	z.records = slices.DeleteFunc(z.records, func(o *dns.ResourceRecordSet) bool { return o.Name == name && o.Type == r.Type })
	if len(r.Values) > 0 {
		z.records = append(z.records, &dns.ResourceRecordSet{
			Kind: "dns#resourceRecordSet", Name: name, Type: r.Type, Ttl: int64(r.TTL / time.Second), Rrdatas: slices.Clone(r.Values),
		})
	}
}

// Values returns what a record answers now, none where there is no such record.
func (s *Server) Values(project, zoneName, name, kind string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zones[project+"/"+zoneName]
	if z == nil {
		return nil
	}
	if r := z.find(strings.TrimSuffix(name, ".")+".", kind); r != nil {
		return slices.Clone(r.Rrdatas)
	}
	return nil
}

func (z *zone) find(name, kind string) *dns.ResourceRecordSet {
	for _, r := range z.records {
		if r.Name == name && r.Type == kind {
			return r
		}
	}
	return nil
}

func (s *Server) zone(r *http.Request) (*zone, *refusal) {
	if z := s.zones[r.PathValue("project")+"/"+r.PathValue("zone")]; z != nil {
		return z, nil
	}
	return nil, refuse(http.StatusNotFound, "notFound", "The 'parameters.managedZone' resource named '"+r.PathValue("zone")+"' does not exist.")
}

func (s *Server) listRecords(r *http.Request) (any, *refusal) {
	z, no := s.zone(r)
	if no != nil {
		return nil, no
	}
	q := r.URL.Query()
	answer := &dns.ResourceRecordSetsListResponse{}
	for _, record := range z.records {
		if (q.Get("name") == "" || record.Name == q.Get("name")) && (q.Get("type") == "" || record.Type == q.Get("type")) {
			answer.Rrsets = append(answer.Rrsets, record)
		}
	}
	return answer, nil
}

// createChange does everything or nothing: what is deleted has to be there just
// so, and what is added must not be there.
func (s *Server) createChange(r *http.Request) (any, *refusal) {
	z, no := s.zone(r)
	if no != nil {
		return nil, no
	}
	change, no := read[dns.Change](r)
	if no != nil {
		return nil, no
	}
	left := slices.Clone(z.records)
	for _, d := range change.Deletions {
		at := slices.IndexFunc(left, func(o *dns.ResourceRecordSet) bool {
			return o.Name == d.Name && o.Type == d.Type && o.Ttl == d.Ttl && slices.Equal(o.Rrdatas, d.Rrdatas)
		})
		if at < 0 {
			return nil, refuse(http.StatusPreconditionFailed, "conditionNotMet", "Precondition not met for 'entity.change.deletions[0]'")
		}
		left = slices.Delete(left, at, at+1)
	}
	for _, a := range change.Additions {
		if !strings.HasSuffix(a.Name, ".") || a.Type == "CNAME" && !strings.HasSuffix(a.Rrdatas[0], ".") {
			return nil, refuse(http.StatusBadRequest, "invalid", "Invalid value for 'entity.change.additions[0]': names end with a dot")
		}
		if slices.ContainsFunc(left, func(o *dns.ResourceRecordSet) bool { return o.Name == a.Name && o.Type == a.Type }) {
			return nil, refuse(http.StatusConflict, "alreadyExists", "The resource 'entity.change.additions[0]' already exists")
		}
		left = append(left, a)
	}
	z.records = left
	s.last++
	change.Id, change.Status, change.StartTime = strconv.Itoa(s.last), "pending", time.Now().UTC().Format(time.RFC3339)
	z.pending[change.Id] = s.polls
	z.changes = append(z.changes, change)
	return change, nil
}

func (s *Server) listChanges(r *http.Request) (any, *refusal) {
	z, no := s.zone(r)
	if no != nil {
		return nil, no
	}
	answer := &dns.ChangesListResponse{Changes: slices.Clone(z.changes)}
	slices.Reverse(answer.Changes)
	return answer, nil
}

func (s *Server) getChange(r *http.Request) (any, *refusal) {
	z, no := s.zone(r)
	if no != nil {
		return nil, no
	}
	for _, c := range z.changes {
		if c.Id == r.PathValue("change") {
			if z.pending[c.Id]--; z.pending[c.Id] < 0 {
				c.Status = "done"
			}
			return c, nil
		}
	}
	return nil, gone
}
