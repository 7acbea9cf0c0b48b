package config

import (
	"fmt"
	"regexp"
	"strings"
)

// CloudSQL names a Cloud SQL for MySQL instance.
type CloudSQL struct {
	Instance  string `yaml:"instance"`   // project:region:name
	PrivateIP bool   `yaml:"private_ip"` // connect inside the VPC
	PSC       bool   `yaml:"psc"`        // connect by Private Service Connect
}

// Aurora names an Aurora MySQL cluster. Endpoint is looked up from Cluster and
// Region unless it is given.
type Aurora struct {
	Cluster  string `yaml:"cluster"`
	Region   string `yaml:"region"`
	Endpoint string `yaml:"endpoint"`
}

var (
	projectPattern   = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	gcpRegionPattern = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+$`)
	instancePattern  = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,96}[a-z0-9])?$`)
	awsRegionPattern = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	clusterPattern   = regexp.MustCompile(`^[A-Za-z](-?[A-Za-z0-9])*$`)
)

func (s *CloudSQL) validate(path string, c *checker) {
	if s.PrivateIP && s.PSC {
		c.add(path+".psc", "private_ip and psc are two ways to the same instance", "keep one of the two")
	}
	if s.Instance == "" {
		c.missing(path+".instance", `write instance: "project:region:name", as "gcloud sql instances describe" prints it (connectionName)`)
		return
	}
	at := path + ".instance"
	// The project may have a domain before it, with a colon of its own.
	parts := strings.Split(s.Instance, ":")
	if len(parts) == 4 {
		parts = []string{parts[0] + ":" + parts[1], parts[2], parts[3]}
	}
	if len(parts) != 3 {
		c.add(at, fmt.Sprintf("%q is not the name of a Cloud SQL instance", s.Instance), `write "project:region:name"`)
		return
	}
	switch project, region, name := parts[0], parts[1], parts[2]; {
	case !projectPattern.MatchString(project):
		c.add(at, fmt.Sprintf("%q is not a project id", project), "a project id has 6 to 30 small letters, digits and hyphens")
	case awsRegionPattern.MatchString(region):
		c.add(at, fmt.Sprintf("%q is a region of AWS, not of Google Cloud", region), "write one like asia-northeast1")
	case !gcpRegionPattern.MatchString(region):
		c.add(at, fmt.Sprintf("%q is not a region of Google Cloud", region), "write one like asia-northeast1")
	case !instancePattern.MatchString(name):
		c.add(at, fmt.Sprintf("%q is not the name of an instance", name), "an instance has small letters, digits and hyphens, a letter first")
	}
}

func (a *Aurora) name() string {
	if a.Cluster == "" {
		return a.Endpoint
	}
	return a.Cluster
}

func (a *Aurora) validate(path string, c *checker) {
	if a.Cluster == "" && a.Endpoint == "" {
		c.missing(path+".cluster", "write cluster: with the cluster's identifier")
	}
	if a.Cluster != "" && (!clusterPattern.MatchString(a.Cluster) || len(a.Cluster) > 63) {
		c.add(path+".cluster", fmt.Sprintf("%q is not the identifier of a cluster", a.Cluster),
			"write up to 63 letters, digits and single hyphens, a letter first; a host name goes to endpoint:")
	}
	if a.Endpoint != "" && (!hostPattern.MatchString(a.Endpoint) || !strings.Contains(a.Endpoint, ".")) {
		c.add(path+".endpoint", fmt.Sprintf("%q is not the host name of an endpoint", a.Endpoint),
			"write it as the console shows it, without a port")
	}
	switch {
	case a.Region == "":
		c.missing(path+".region", "write region: with the cluster's region, such as ap-northeast-1")
	case gcpRegionPattern.MatchString(a.Region):
		c.add(path+".region", fmt.Sprintf("%q is a region of Google Cloud, not of AWS", a.Region), "write one like ap-northeast-1")
	case !awsRegionPattern.MatchString(a.Region):
		c.add(path+".region", fmt.Sprintf("%q is not a region of AWS", a.Region), "write one like ap-northeast-1")
	}
}
