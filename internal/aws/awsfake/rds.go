package awsfake

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const rdsNamespace = "http://rds.amazonaws.com/doc/2014-10-31/"

// rdsCall is one call of RDS.
type rdsCall struct {
	state  *State
	form   url.Values
	region string
}

func (c *rdsCall) get(name string) string { return c.form.Get(name) }

// list reads a list of the query protocol: NAME.MEMBER.1 and so on.
func (c *rdsCall) list(prefix string) []string {
	var values []string
	for i := 1; c.form.Has(fmt.Sprintf("%s.%d", prefix, i)); i++ {
		values = append(values, c.form.Get(fmt.Sprintf("%s.%d", prefix, i)))
	}
	return values
}

func (c *rdsCall) tags() map[string]string {
	tags := map[string]string{}
	for i := 1; c.form.Has(fmt.Sprintf("Tags.Tag.%d.Key", i)); i++ {
		tags[c.form.Get(fmt.Sprintf("Tags.Tag.%d.Key", i))] = c.form.Get(fmt.Sprintf("Tags.Tag.%d.Value", i))
	}
	return tags
}

type rdsOperation func(*rdsCall) (any, *problem)

var rdsOperations = map[string]rdsOperation{
	"DescribeDBClusters":            (*rdsCall).describeClusters,
	"DescribeDBInstances":           (*rdsCall).describeInstances,
	"DescribeBlueGreenDeployments":  (*rdsCall).describeBlueGreen,
	"DescribeDBClusterParameters":   (*rdsCall).describeParameters,
	"DescribeDBClusterSnapshots":    (*rdsCall).describeSnapshots,
	"CreateDBClusterSnapshot":       (*rdsCall).createSnapshot,
	"DeleteDBClusterSnapshot":       (*rdsCall).deleteSnapshot,
	"RestoreDBClusterToPointInTime": (*rdsCall).restoreCluster,
	"CreateDBInstance":              (*rdsCall).createInstance,
	"DeleteDBInstance":              (*rdsCall).deleteInstance,
	"DeleteDBCluster":               (*rdsCall).deleteCluster,
	"ModifyDBCluster":               (*rdsCall).modifyCluster,
	"FailoverDBCluster":             (*rdsCall).failover,
	"RebootDBInstance":              (*rdsCall).reboot,
	"ModifyDBClusterParameterGroup": (*rdsCall).modifyParameters,
	"ResetDBClusterParameterGroup":  (*rdsCall).resetParameters,
}

func (s *Server) parseRDS(body []byte, region string) operation {
	form, err := url.ParseQuery(string(body))
	name := form.Get("Action")
	call := Call{Service: "rds", Operation: name, Action: "rds:" + name}
	if arns := rdsResources(form, region); len(arns) > 0 {
		call.Resource, call.Touches = arns[0], arns[1:]
	}
	if form.Has("Tags.Tag.1.Key") {
		call.Also = append(call.Also, "rds:AddTagsToResource")
	}
	run := func() (answer, *problem) {
		do := rdsOperations[name]
		if err != nil || do == nil || form.Get("Version") != "2014-10-31" {
			return answer{}, &problem{http.StatusBadRequest, "InvalidAction", "Could not find operation " + name}
		}
		result, p := do(&rdsCall{state: &s.state, form: form, region: region})
		if p != nil {
			return answer{}, p
		}
		s.state.serial++
		return queryAnswer(name, rdsNamespace, "fake-"+strconv.Itoa(s.state.serial), result), nil
	}
	return operation{call: call, run: run, fail: queryError}
}

// rdsResources are the ARNs of what a call is about, the main one first.
func rdsResources(form url.Values, region string) []string {
	var arns []string
	for _, of := range []struct{ field, kind string }{
		{"DBInstanceIdentifier", "db"}, {"DBClusterSnapshotIdentifier", "cluster-snapshot"}, {"DBClusterIdentifier", "cluster"},
		{"SourceDBClusterIdentifier", "cluster"}, {"TargetDBInstanceIdentifier", "db"}, {"DBClusterParameterGroupName", "cluster-pg"},
		{"DBParameterGroupName", "pg"}, {"DBSubnetGroupName", "subgrp"},
	} {
		if id := form.Get(of.field); id != "" {
			arns = append(arns, "arn:aws:rds:"+region+":"+Account+":"+of.kind+":"+id)
		}
	}
	return arns
}

func notFound(code, what, id string) *problem {
	return &problem{http.StatusNotFound, code, what + " " + id + " not found."}
}

func (c *rdsCall) cluster(id string) (*Cluster, *problem) {
	cluster := c.state.Clusters[c.region+"/"+strings.ToLower(id)]
	if cluster == nil {
		return nil, notFound("DBClusterNotFoundFault", "DBCluster", id)
	}
	return cluster, nil
}

// page cuts a page of what there is; markers are positions.
func page[T any](c *rdsCall, all []T) (part []T, marker string) {
	size := 100
	if n, err := strconv.Atoi(c.get("MaxRecords")); err == nil {
		size = n
	}
	if c.state.PageSize > 0 {
		size = c.state.PageSize
	}
	from, _ := strconv.Atoi(c.get("Marker"))
	from = min(from, len(all))
	to := min(from+size, len(all))
	if to < len(all) {
		marker = strconv.Itoa(to)
	}
	return all[from:to], marker
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (c *rdsCall) describeClusters() (any, *problem) {
	var found []*Cluster
	if id := c.get("DBClusterIdentifier"); id != "" {
		cluster, p := c.cluster(id)
		if p != nil {
			return nil, p
		}
		cluster.tick()
		if cluster, p = c.cluster(id); p != nil {
			return nil, p
		}
		found = []*Cluster{cluster}
	} else {
		for _, key := range sortedKeys(c.state.Clusters) {
			if cluster := c.state.Clusters[key]; cluster.Region == c.region {
				found = append(found, cluster)
			}
		}
	}
	part, marker := page(c, found)
	list := make([]xmlCluster, 0, len(part))
	for _, cluster := range part {
		list = append(list, clusterXML(cluster))
	}
	return struct {
		DBClusters []xmlCluster `xml:"DBClusters>DBCluster"`
		Marker     string       `xml:",omitempty"`
	}{list, marker}, nil
}

func clusterXML(c *Cluster) xmlCluster {
	x := xmlCluster{
		DBClusterIdentifier: c.ID, DBClusterArn: c.ARN(), Engine: c.Engine, EngineVersion: c.EngineVersion, Status: c.Status,
		Endpoint: c.Endpoint, ReaderEndpoint: c.ReaderEndpoint, CustomEndpoints: c.CustomEndpoints, Port: c.Port,
		DBClusterParameterGroup: c.ParameterGroup, DBSubnetGroup: c.SubnetGroup,
		IAMDatabaseAuthenticationEnabled: c.IAMAuth, DeletionProtection: c.DeletionProtection,
		BacktrackWindow: c.BacktrackSeconds, BackupRetentionPeriod: c.BackupDays, LatestRestorableTime: stamp(c.LatestRestorable),
		ReplicationSourceIdentifier: c.ReplicatesFrom, CloneGroupId: c.CloneGroup, TagList: tagList(c.Tags),
	}
	for _, id := range c.SecurityGroups {
		x.VpcSecurityGroups = append(x.VpcSecurityGroups, xmlSecurityGroup{id, "active"})
	}
	for _, m := range c.Members {
		x.DBClusterMembers = append(x.DBClusterMembers, xmlClusterMember{m.ID, m.Writer, m.ParameterStatus})
	}
	if c.PendingVersion != "" {
		x.PendingModifiedValues = &xmlClusterPending{c.PendingVersion}
	}
	if c.MaxACU > 0 {
		x.ServerlessV2ScalingConfiguration = &xmlScaling{c.MinACU, c.MaxACU}
	}
	return x
}

func (c *rdsCall) describeInstances() (any, *problem) {
	one, of := c.get("DBInstanceIdentifier"), ""
	if c.get("Filters.Filter.1.Name") == "db-cluster-id" {
		of = c.get("Filters.Filter.1.Values.Value.1")
	}
	if one != "" {
		_, m := c.state.member(c.region, one)
		if m == nil {
			return nil, notFound("DBInstanceNotFound", "DBInstance", one)
		}
		m.tick()
		if _, m = c.state.member(c.region, one); m == nil {
			return nil, notFound("DBInstanceNotFound", "DBInstance", one)
		}
	}
	var list []xmlInstance
	for _, key := range sortedKeys(c.state.Clusters) {
		cluster := c.state.Clusters[key]
		if cluster.Region != c.region || of != "" && !strings.EqualFold(of, cluster.ID) {
			continue
		}
		// A look may remove one.
		for _, m := range slices.Clone(cluster.Members) {
			if one == "" {
				m.tick()
			}
		}
		for _, m := range cluster.Members {
			if one == "" || strings.EqualFold(one, m.ID) {
				list = append(list, instanceXML(cluster, m))
			}
		}
	}
	slices.SortFunc(list, func(a, b xmlInstance) int { return cmp.Compare(a.DBInstanceIdentifier, b.DBInstanceIdentifier) })
	part, marker := page(c, list)
	return struct {
		DBInstances []xmlInstance `xml:"DBInstances>DBInstance"`
		Marker      string        `xml:",omitempty"`
	}{part, marker}, nil
}

func instanceXML(c *Cluster, m *Member) xmlInstance {
	x := xmlInstance{
		DBInstanceIdentifier: m.ID, DBClusterIdentifier: c.ID, DBInstanceClass: m.Class, DBInstanceStatus: m.Status, Engine: c.Engine,
		CACertificateIdentifier: m.CA, PubliclyAccessible: m.Public, TagList: tagList(m.Tags),
		DBParameterGroups: []xmlParameterGroup{{m.ParameterGroup, m.GroupStatus}},
	}
	if m.Status != "creating" {
		x.Endpoint = &xmlEndpoint{m.Host, m.Port}
	}
	if m.PendingClass != "" {
		x.PendingModifiedValues = &xmlPending{m.PendingClass}
	}
	return x
}

func (c *rdsCall) describeBlueGreen() (any, *problem) {
	var list []xmlBlueGreen
	for _, d := range c.state.BlueGreen {
		if d.Region == "" || d.Region == c.region {
			list = append(list, xmlBlueGreen{d.ID, d.Name, d.Source, d.Target, d.Status})
		}
	}
	part, marker := page(c, list)
	return struct {
		BlueGreenDeployments []xmlBlueGreen `xml:"BlueGreenDeployments>member"`
		Marker               string         `xml:",omitempty"`
	}{part, marker}, nil
}
