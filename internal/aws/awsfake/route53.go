package awsfake

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const route53Namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

// Zone is a hosted zone.
type Zone struct {
	ID      string
	Records []Record
}

// Record is a resource record set, as Route 53 keeps it: names end with a dot.
type Record struct {
	Name, Type    string
	SetIdentifier string
	Weight        *int64
	// RoutedBy is the region of a record that is routed by latency.
	RoutedBy      string
	TTL           int64
	Values        []string
	Alias         *Alias
	HealthCheckID string
}

// xmlRecord is how a record travels.
type xmlRecord struct {
	Name, Type    string
	SetIdentifier string     `xml:",omitempty"`
	Weight        *int64     `xml:",omitempty"`
	Region        string     `xml:",omitempty"`
	TTL           int64      `xml:",omitempty"`
	Values        []xmlValue `xml:"ResourceRecords>ResourceRecord"`
	AliasTarget   *Alias     `xml:",omitempty"`
	HealthCheckId string     `xml:",omitempty"`
}

type xmlValue struct{ Value string }

func (r Record) xml() xmlRecord {
	x := xmlRecord{
		Name: strings.ReplaceAll(r.Name, "*", `\052`), Type: r.Type, SetIdentifier: r.SetIdentifier, Weight: r.Weight,
		Region: r.RoutedBy, TTL: r.TTL, AliasTarget: r.Alias, HealthCheckId: r.HealthCheckID,
	}
	for _, value := range r.Values {
		x.Values = append(x.Values, xmlValue{value})
	}
	return x
}

func (x xmlRecord) record() Record {
	r := Record{
		Name: strings.TrimSuffix(strings.ToLower(unescape(x.Name)), ".") + ".", Type: x.Type, SetIdentifier: x.SetIdentifier, Weight: x.Weight,
		RoutedBy: x.Region, TTL: x.TTL, Alias: x.AliasTarget, HealthCheckID: x.HealthCheckId,
	}
	for _, value := range x.Values {
		r.Values = append(r.Values, value.Value)
	}
	return r
}

// Alias is what an alias record leads to.
type Alias struct {
	HostedZoneId, DNSName string
	EvaluateTargetHealth  bool
}

// change is one that takes some looks until every server has it.
type change struct {
	status string
	underway
}

// AddZone adds a hosted zone.
func (s *Server) AddZone(id string, records ...Record) {
	s.Do(func(st *State) {
		z := &Zone{ID: id, Records: records}
		z.sort()
		st.Zones[id] = z
	})
}

func (r Record) less() string {
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(r.Name), "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, "\x00")
}

func (r Record) compare(o Record) int {
	return cmp.Or(cmp.Compare(r.less(), o.less()), cmp.Compare(r.Type, o.Type), cmp.Compare(r.SetIdentifier, o.SetIdentifier))
}

func (z *Zone) sort() { slices.SortFunc(z.Records, Record.compare) }

func (s *Server) parseRoute53(r *http.Request, body []byte) operation {
	call := Call{Service: "route53", Operation: "Unknown"}
	var run func() (answer, *problem)
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(parts) == 4 && parts[1] == "hostedzone" && parts[3] == "rrset":
		call.Resource = "arn:aws:route53:::hostedzone/" + parts[2]
		if r.Method == http.MethodGet {
			call.Operation = "ListResourceRecordSets"
			run = func() (answer, *problem) { return s.listRecords(parts[2], r) }
		} else {
			call.Operation = "ChangeResourceRecordSets"
			run = func() (answer, *problem) { return s.changeRecords(parts[2], body) }
		}
	case len(parts) == 3 && parts[1] == "change":
		call.Operation, call.Resource = "GetChange", "arn:aws:route53:::change/"+parts[2]
		run = func() (answer, *problem) { return s.getChange(parts[2]) }
	default:
		run = func() (answer, *problem) {
			return answer{}, &problem{http.StatusNotFound, "InvalidInput", "no such path: " + r.URL.Path}
		}
	}
	call.Action = "route53:" + call.Operation
	return operation{call: call, run: run, fail: queryError}
}

func route53Answer(value any) (answer, *problem) {
	body, err := xml.Marshal(value)
	if err != nil {
		return answer{}, &problem{http.StatusInternalServerError, "InternalFailure", err.Error()}
	}
	return answer{status: 200, contentType: "text/xml", body: body}, nil
}

func (s *Server) zone(id string) (*Zone, *problem) {
	zone := s.state.Zones[id]
	if zone == nil {
		return nil, &problem{http.StatusNotFound, "NoSuchHostedZone", "No hosted zone found with ID: " + id}
	}
	return zone, nil
}

// listRecords begins at a name, and goes on to whatever comes behind it.
func (s *Server) listRecords(id string, r *http.Request) (answer, *problem) {
	zone, p := s.zone(id)
	if p != nil {
		return answer{}, p
	}
	q := r.URL.Query()
	start := Record{Name: unescape(q.Get("name")), Type: q.Get("type"), SetIdentifier: q.Get("identifier")}
	limit := 300
	if n, err := strconv.Atoi(q.Get("maxitems")); err == nil {
		limit = min(limit, n)
	}
	if s.state.PageSize > 0 {
		limit = min(limit, s.state.PageSize)
	}
	out := struct {
		XMLName              xml.Name    `xml:"ListResourceRecordSetsResponse"`
		Xmlns                string      `xml:"xmlns,attr"`
		ResourceRecordSets   []xmlRecord `xml:"ResourceRecordSets>ResourceRecordSet"`
		IsTruncated          bool
		NextRecordName       string `xml:",omitempty"`
		NextRecordType       string `xml:",omitempty"`
		NextRecordIdentifier string `xml:",omitempty"`
		MaxItems             int
	}{Xmlns: route53Namespace, MaxItems: limit}
	for _, record := range zone.Records {
		if record.compare(start) < 0 {
			continue
		}
		if len(out.ResourceRecordSets) == limit {
			out.IsTruncated, out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier = true, record.Name, record.Type, record.SetIdentifier
			break
		}
		out.ResourceRecordSets = append(out.ResourceRecordSets, record.xml())
	}
	return route53Answer(out)
}

func unescape(name string) string { return strings.ReplaceAll(name, `\052`, "*") }

// changeRecords does all changes or none.
func (s *Server) changeRecords(id string, body []byte) (answer, *problem) {
	zone, p := s.zone(id)
	if p != nil {
		return answer{}, p
	}
	var in struct {
		Changes []struct {
			Action string
			Set    xmlRecord `xml:"ResourceRecordSet"`
		} `xml:"ChangeBatch>Changes>Change"`
	}
	if err := xml.Unmarshal(body, &in); err != nil || len(in.Changes) == 0 {
		return answer{}, &problem{http.StatusBadRequest, "InvalidInput", fmt.Sprintf("no changes: %v", err)}
	}
	records := slices.Clone(zone.Records)
	invalid := func(format string, args ...any) (answer, *problem) {
		return answer{}, &problem{http.StatusBadRequest, "InvalidChangeBatch", fmt.Sprintf(format, args...)}
	}
	for _, c := range in.Changes {
		set := c.Set.record()
		at := slices.IndexFunc(records, func(r Record) bool { return r.compare(set) == 0 })
		switch {
		case c.Action == "CREATE" && at >= 0:
			return invalid("Tried to create resource record set %s but it already exists", set.Name)
		case c.Action == "DELETE" && (at < 0 || records[at].TTL != set.TTL || !slices.Equal(records[at].Values, set.Values)):
			return invalid("Tried to delete resource record set %s but it was not found", set.Name)
		case c.Action == "DELETE":
			records = slices.Delete(records, at, at+1)
		case len(set.Values) == 0 && set.Alias == nil:
			return invalid("%s has no values", set.Name)
		case at >= 0:
			records[at] = set
		default:
			records = append(records, set)
		}
	}
	zone.Records = records
	zone.sort()
	s.state.serial++
	changeID := "C" + strconv.Itoa(s.state.serial)
	made := &change{status: "PENDING"}
	s.state.changes[changeID] = made
	s.state.begin(&made.underway, func() { made.status = "INSYNC" })
	return changeAnswer("ChangeResourceRecordSetsResponse", changeID, made.status)
}

func (s *Server) getChange(id string) (answer, *problem) {
	made := s.state.changes[id]
	if made == nil {
		return answer{}, &problem{http.StatusNotFound, "NoSuchChange", "A change with the specified change ID does not exist."}
	}
	made.tick()
	return changeAnswer("GetChangeResponse", id, made.status)
}

func changeAnswer(name, id, status string) (answer, *problem) {
	return route53Answer(struct {
		XMLName     xml.Name
		Id          string `xml:"ChangeInfo>Id"`
		Status      string `xml:"ChangeInfo>Status"`
		SubmittedAt string `xml:"ChangeInfo>SubmittedAt"`
	}{xml.Name{Space: route53Namespace, Local: name}, "/change/" + id, status, "2026-01-01T00:00:00Z"})
}
