package awsfake

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is what the fake holds. [Server.Do] gives it to a test.
type State struct {
	// Clusters, by region/id.
	Clusters map[string]*Cluster
	// Snapshots of clusters, by region/id.
	Snapshots map[string]*Snapshot
	// Groups are cluster parameter groups, by region/name.
	Groups map[string]*Group
	// BlueGreen are deployments.
	BlueGreen []BlueGreen
	// Secrets, by region/name.
	Secrets map[string]Secret
	// Zones are hosted zones, by id.
	Zones map[string]*Zone
	// Buckets hold objects, by bucket and name.
	Buckets map[string]map[string]Object

	// Polls is how many looks at it an operation takes; 1 if nothing is said.
	Polls int
	// PageSize is how many things an answer holds; 0 for as many as were asked for.
	PageSize int
	// CloneAddr is where the members of clones lead Dial to; CloneHost and ClonePort
	// are their endpoint, for another process.
	CloneAddr string
	CloneHost string
	ClonePort int

	// ends is the status in which what is begun now ends.
	ends string
	// serial numbers what is made.
	serial  int
	changes map[string]*change
}

func newState() State {
	return State{
		Clusters: map[string]*Cluster{}, Snapshots: map[string]*Snapshot{}, Groups: map[string]*Group{},
		Secrets: map[string]Secret{}, Zones: map[string]*Zone{}, Buckets: map[string]map[string]Object{},
		Polls: 1, changes: map[string]*change{},
	}
}

// Cluster is an Aurora cluster.
type Cluster struct {
	ID, Region, Engine, EngineVersion, Status string
	// Endpoint, ReaderEndpoint and CustomEndpoints are host names; those of AWS's
	// form if nothing is said.
	Endpoint, ReaderEndpoint string
	CustomEndpoints          []string
	Port                     int
	Members                  []*Member
	ParameterGroup           string
	SubnetGroup              string
	SecurityGroups           []string
	IAMAuth                  bool
	DeletionProtection       bool
	BacktrackSeconds         int64
	BackupDays               int
	LatestRestorable         time.Time
	ReplicatesFrom           string
	MinACU, MaxACU           float64
	Tags                     map[string]string
	// PendingVersion is an engine version that waits for the window.
	PendingVersion string
	// CloneGroup is shared by a cluster and its copies on write.
	CloneGroup string

	underway
}

// ARN is the cluster's.
func (c *Cluster) ARN() string { return "arn:aws:rds:" + c.Region + ":" + Account + ":cluster:" + c.ID }

// Writer is the member that writes, nil if none does.
func (c *Cluster) Writer() *Member {
	for _, m := range c.Members {
		if m.Writer {
			return m
		}
	}
	return nil
}

// SetWriter lets a member take over at once, as an unplanned failover does.
func (c *Cluster) SetWriter(id string) {
	for _, m := range c.Members {
		m.Writer = m.ID == id
	}
}

// Member is an instance of a cluster.
type Member struct {
	ID     string
	Writer bool
	// Host and Port are its endpoint; of AWS's form if nothing is said.
	Host string
	Port int
	// Addr is the local server that Dial leads to.
	Addr   string
	Class  string
	Status string
	// ParameterStatus is in-sync if nothing is said.
	ParameterStatus string
	// ParameterGroup is the instance's own, GroupStatus its status.
	ParameterGroup, GroupStatus string
	CA                          string
	PendingClass                string
	Public                      bool
	Tags                        map[string]string
	// Reboots counts them.
	Reboots int

	underway
}

// Snapshot is a cluster snapshot.
type Snapshot struct {
	ID, Region, Cluster, Status, Kind string
	Progress                          int
	Created                           time.Time
	GB                                int

	underway
}

// Group is a cluster parameter group. Status, where set, is why it can not be
// changed now.
type Group struct {
	Name, Region string
	Parameters   []Parameter
	// Busy refuses changes.
	Busy bool
}

// Parameter is one of a group. Value is nil where the default holds.
type Parameter struct {
	Name       string
	Value      *string
	Static     bool
	Modifiable bool
	Source     string
	// Method is the apply method it was last changed with.
	Method string
}

// BlueGreen is a blue/green deployment between two clusters, by ARN.
type BlueGreen struct{ Region, ID, Name, Source, Target, Status string }

// underway is an operation that takes some looks.
type underway struct {
	left int
	then func()
}

// begin lets something happen after as many looks as the state says.
func (s *State) begin(u *underway, then func()) {
	u.left, u.then = max(s.Polls, 1), then
}

// tick is one look.
func (u *underway) tick() {
	if u.then == nil {
		return
	}
	if u.left--; u.left <= 0 {
		then := u.then
		u.then = nil
		then()
	}
}

// AddCluster adds a cluster, with what was not said as AWS would have it.
func (s *Server) AddCluster(c Cluster) {
	s.Do(func(st *State) { st.addCluster(&c) })
}

func (s *State) addCluster(c *Cluster) {
	fill(&c.Region, Region)
	fill(&c.Engine, "aurora-mysql")
	fill(&c.EngineVersion, "8.0.mysql_aurora.3.08.0")
	fill(&c.Status, "available")
	fill(&c.Endpoint, hostName(c.ID, "cluster-c0ffee", c.Region))
	fill(&c.ReaderEndpoint, hostName(c.ID, "cluster-ro-c0ffee", c.Region))
	fill(&c.ParameterGroup, "default.aurora-mysql8.0")
	fill(&c.SubnetGroup, "private")
	fill(&c.CloneGroup, "group-of-"+c.ID)
	if c.Port == 0 {
		c.Port = 3306
	}
	if c.SecurityGroups == nil {
		c.SecurityGroups = []string{"sg-0123456789abcdef0"}
	}
	if c.BackupDays == 0 {
		c.BackupDays = 7
	}
	if c.LatestRestorable.IsZero() {
		c.LatestRestorable = time.Now().Add(-5 * time.Minute).UTC().Truncate(time.Second)
	}
	for _, m := range c.Members {
		m.complete(c)
	}
	s.Clusters[c.Region+"/"+c.ID] = c
}

func (m *Member) complete(c *Cluster) {
	fill(&m.Host, hostName(m.ID, "c0ffee", c.Region))
	fill(&m.Class, "db.r6g.large")
	fill(&m.Status, "available")
	fill(&m.ParameterStatus, "in-sync")
	fill(&m.ParameterGroup, "default.aurora-mysql8.0")
	fill(&m.GroupStatus, "in-sync")
	fill(&m.CA, "rds-ca-rsa2048-g1")
	if m.Port == 0 {
		m.Port = c.Port
	}
}

func hostName(id, middle, region string) string {
	return fmt.Sprintf("%s.%s.%s.rds.amazonaws.com", id, middle, region)
}

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// member finds an instance of a region, with its cluster.
func (s *State) member(region, id string) (*Cluster, *Member) {
	for _, c := range s.Clusters {
		if c.Region != region {
			continue
		}
		if i := slices.IndexFunc(c.Members, func(m *Member) bool { return strings.EqualFold(m.ID, id) }); i >= 0 {
			return c, c.Members[i]
		}
	}
	return nil, nil
}
