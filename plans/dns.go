package plans

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// DNS is an action that changes one resource record, so that it leads to the
// side that owns the groups now.
type DNS struct {
	Name     string    `yaml:"name"`
	Route53  *Route53  `yaml:"route53"`
	CloudDNS *CloudDNS `yaml:"clouddns"`
	Record   string    `yaml:"record"` // fully qualified
	Type     string    `yaml:"type"`   // CNAME unless said otherwise
	// SetID is set for a weighted record of Route 53, whose weights differ.
	SetID string `yaml:"set_id"`
	// TTL is how long resolvers may keep the record. A gate looks that it is so
	// before the handover, and has been long enough.
	TTL    Duration  `yaml:"ttl"`
	Source DNSValues `yaml:"source"`
	Target DNSValues `yaml:"target"`
	// Resolver is asked whether it answers with the change.
	Resolver string   `yaml:"resolver"`
	Timeout  Duration `yaml:"timeout"`
}

// Route53 is a hosted zone of AWS.
type Route53 struct {
	Zone string `yaml:"zone"` // its id
}

// CloudDNS is a managed zone of Google Cloud.
type CloudDNS struct {
	Project string `yaml:"project"`
	Zone    string `yaml:"zone"` // its name
}

// DNSValues is what the record holds while a side owns the groups.
type DNSValues struct {
	Values []string `yaml:"values"`
	Weight int      `yaml:"weight"` // of a weighted record
}

// RecordType returns the type of the record.
func (d *DNS) RecordType() string {
	if d.Type == "" {
		return "CNAME"
	}
	return d.Type
}

// ResolverAddr returns the resolver with its port; empty where none is given.
func (d *DNS) ResolverAddr() string {
	if d.Resolver == "" {
		return ""
	}
	if _, _, err := net.SplitHostPort(d.Resolver); err == nil {
		return d.Resolver
	}
	return net.JoinHostPort(d.Resolver, "53")
}

// Where names the zone for people.
func (d *DNS) Where() string {
	switch {
	case d.Route53 != nil:
		return "Route 53, zone " + d.Route53.Zone
	case d.CloudDNS != nil:
		return "Cloud DNS, project " + d.CloudDNS.Project + ", zone " + d.CloudDNS.Zone
	}
	return "no zone"
}

func (d *DNS) describe() string {
	text := d.RecordType() + " " + d.Record
	if d.SetID != "" {
		text += " (" + d.SetID + ")"
	}
	return text
}

func (v DNSValues) describe(weighted bool) string {
	text := strings.Join(v.Values, ", ")
	if weighted {
		text += " with weight " + strconv.Itoa(v.Weight)
	}
	return text
}

func (d *DNS) check(s *source, at string) {
	if d == nil {
		return
	}
	s.checkName(at+".name", d.Name)
	switch {
	case d.Route53 != nil && d.CloudDNS != nil:
		s.add(s.keyFinding(ruleBadValue, at+".clouddns", "route53 and clouddns exclude each other", "make two entries of them, each with a record of its own"))
	case d.Route53 == nil && d.CloudDNS == nil:
		s.missing(at+".route53", "write where the record is: route53: {zone: Z0123456789} or clouddns: {project: my-project, zone: my-zone}")
	}
	if d.Route53 != nil && d.Route53.Zone == "" {
		s.missing(at+".route53.zone", "write the hosted zone's id")
	}
	if d.CloudDNS != nil && d.CloudDNS.Project == "" {
		s.missing(at+".clouddns.project", "write the project that the zone belongs to")
	}
	if d.CloudDNS != nil && d.CloudDNS.Zone == "" {
		s.missing(at+".clouddns.zone", "write the managed zone's name")
	}
	if d.Record == "" {
		s.missing(at+".record", "write the record's full name, such as record: db.example.com")
	}
	switch d.RecordType() {
	case "A", "AAAA", "CNAME":
	default:
		s.add(s.finding(ruleBadValue, at+".type", fmt.Sprintf("%q is not one of A, AAAA, CNAME", d.Type), ""))
	}
	if d.TTL == 0 {
		s.missing(at+".ttl", "write how long resolvers may keep the record at most, such as ttl: 5s; lower the record's TTL days before")
	}
	for side, v := range map[string]DNSValues{"source": d.Source, "target": d.Target} {
		if len(v.Values) == 0 {
			s.missing(at+"."+side+".values", "write what the record holds while the "+side+" owns the groups")
		}
		if v.Weight < 0 || v.Weight > 255 {
			s.add(s.finding(ruleBadValue, at+"."+side+".weight", fmt.Sprintf("%d is not a weight", v.Weight), "write one from 0 to 255"))
		}
		if v.Weight != 0 && d.SetID == "" {
			s.add(s.finding(ruleBadValue, at+"."+side+".weight", "a weight without a set_id", "write the record's set_id, which tells the weighted records of one name apart"))
		}
	}
	if d.SetID != "" && d.CloudDNS != nil {
		s.add(s.finding(ruleBadValue, at+".set_id", "Cloud DNS is not asked for weighted records", "leave it out, or use Route 53"))
	}
	if d.SetID != "" && d.Resolver != "" {
		s.add(s.finding(ruleBadValue, at+".resolver", "of weighted records a resolver answers with any one", "leave the resolver out"))
	}
}

// same tells whether the record would not change between the sides.
func (d *DNS) same() bool {
	a, b := d.Source, d.Target
	if len(a.Values) == 0 || len(a.Values) != len(b.Values) || a.Weight != b.Weight {
		return false
	}
	for _, v := range a.Values {
		found := false
		for _, w := range b.Values {
			found = found || v == w
		}
		if !found {
			return false
		}
	}
	return true
}
