package awsfake

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func clusterState(c *Cluster) *problem {
	return &problem{http.StatusBadRequest, "InvalidDBClusterStateFault", fmt.Sprintf("Cluster %s is in state %s, in which this can not be done.", c.ID, c.Status)}
}

func instanceState(m *Member) *problem {
	return &problem{http.StatusBadRequest, "InvalidDBInstanceState", fmt.Sprintf("Instance %s is in state %s, in which this can not be done.", m.ID, m.Status)}
}

type oneCluster struct{ DBCluster xmlCluster }

type oneInstance struct{ DBInstance xmlInstance }

// end is the status that something begun now ends in.
func (c *rdsCall) end(usual string) string { return cmp.Or(c.state.ends, usual) }

func (c *rdsCall) restoreCluster() (any, *problem) {
	source, p := c.cluster(c.get("SourceDBClusterIdentifier"))
	if p != nil {
		return nil, p
	}
	id := strings.ToLower(c.get("DBClusterIdentifier"))
	if _, p := c.cluster(id); p == nil {
		return nil, &problem{http.StatusBadRequest, "DBClusterAlreadyExistsFault", "DB Cluster already exists"}
	}
	if source.Status != "available" {
		return nil, clusterState(source)
	}
	if c.get("RestoreType") != "copy-on-write" || c.get("UseLatestRestorableTime") != "true" {
		return nil, &problem{http.StatusBadRequest, "InvalidParameterCombination", "The fake only makes copies on write of the latest time."}
	}
	port, _ := strconv.Atoi(c.get("Port"))
	minACU, _ := strconv.ParseFloat(c.get("ServerlessV2ScalingConfiguration.MinCapacity"), 64)
	maxACU, _ := strconv.ParseFloat(c.get("ServerlessV2ScalingConfiguration.MaxCapacity"), 64)
	made := &Cluster{
		ID: id, Region: c.region, Engine: source.Engine, EngineVersion: source.EngineVersion, Status: "creating",
		Endpoint: c.state.CloneHost, Port: cmp.Or(c.state.ClonePort, port, source.Port),
		ParameterGroup: c.get("DBClusterParameterGroupName"), SubnetGroup: c.get("DBSubnetGroupName"),
		SecurityGroups: c.list("VpcSecurityGroupIds.VpcSecurityGroupId"), IAMAuth: c.get("EnableIAMDatabaseAuthentication") == "true",
		DeletionProtection: c.get("DeletionProtection") == "true", MinACU: minACU, MaxACU: maxACU,
		Tags: c.tags(), CloneGroup: source.CloneGroup,
	}
	c.state.addCluster(made)
	end := c.end("available")
	c.state.begin(&made.underway, func() { made.Status = end })
	return oneCluster{clusterXML(made)}, nil
}

func (c *rdsCall) createInstance() (any, *problem) {
	cluster, p := c.cluster(c.get("DBClusterIdentifier"))
	if p != nil {
		return nil, p
	}
	id := strings.ToLower(c.get("DBInstanceIdentifier"))
	if _, m := c.state.member(c.region, id); m != nil {
		return nil, &problem{http.StatusBadRequest, "DBInstanceAlreadyExists", "DB Instance already exists"}
	}
	if cluster.Status != "available" {
		return nil, clusterState(cluster)
	}
	if c.get("Engine") != cluster.Engine {
		return nil, &problem{http.StatusBadRequest, "InvalidParameterCombination", "The engine is not the cluster's."}
	}
	made := &Member{
		ID: id, Writer: len(cluster.Members) == 0, Class: c.get("DBInstanceClass"), Status: "creating",
		ParameterGroup: c.get("DBParameterGroupName"), CA: c.get("CACertificateIdentifier"),
		Public: c.get("PubliclyAccessible") == "true", Host: c.state.CloneHost, Addr: c.state.CloneAddr, Tags: c.tags(),
	}
	made.complete(cluster)
	cluster.Members = append(cluster.Members, made)
	end := c.end("available")
	c.state.begin(&made.underway, func() { made.Status = end })
	return oneInstance{instanceXML(cluster, made)}, nil
}

func (c *rdsCall) deleteInstance() (any, *problem) {
	cluster, m := c.state.member(c.region, c.get("DBInstanceIdentifier"))
	if m == nil {
		return nil, notFound("DBInstanceNotFound", "DBInstance", c.get("DBInstanceIdentifier"))
	}
	if m.Status == "creating" || m.Status == "deleting" {
		return nil, instanceState(m)
	}
	m.Status = "deleting"
	c.state.begin(&m.underway, func() {
		cluster.Members = slices.DeleteFunc(cluster.Members, func(o *Member) bool { return o == m })
	})
	return oneInstance{instanceXML(cluster, m)}, nil
}

func (c *rdsCall) deleteCluster() (any, *problem) {
	cluster, p := c.cluster(c.get("DBClusterIdentifier"))
	if p != nil {
		return nil, p
	}
	switch {
	case cluster.DeletionProtection:
		return nil, &problem{http.StatusBadRequest, "InvalidParameterCombination", "Cannot delete protected Cluster, please disable deletion protection and try again."}
	case c.get("SkipFinalSnapshot") != "true":
		return nil, &problem{http.StatusBadRequest, "InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."}
	case cluster.Status == "deleting" || cluster.Status == "creating":
		return nil, clusterState(cluster)
	case slices.ContainsFunc(cluster.Members, func(m *Member) bool { return m.Status != "deleting" }):
		return nil, &problem{http.StatusBadRequest, "InvalidDBClusterStateFault", "Cluster cannot be deleted, it still contains DB instances in non-deleting state."}
	}
	cluster.Status = "deleting"
	key := c.region + "/" + cluster.ID
	c.state.begin(&cluster.underway, func() { delete(c.state.Clusters, key) })
	return oneCluster{clusterXML(cluster)}, nil
}

func (c *rdsCall) modifyCluster() (any, *problem) {
	cluster, p := c.cluster(c.get("DBClusterIdentifier"))
	if p != nil {
		return nil, p
	}
	if on := c.get("DeletionProtection"); on != "" {
		cluster.DeletionProtection = on == "true"
	}
	return oneCluster{clusterXML(cluster)}, nil
}

// failover ends with another writer after as many looks as operations take.
func (c *rdsCall) failover() (any, *problem) {
	cluster, p := c.cluster(c.get("DBClusterIdentifier"))
	if p != nil {
		return nil, p
	}
	if cluster.Status != "available" {
		return nil, clusterState(cluster)
	}
	to := c.get("TargetDBInstanceIdentifier")
	at := slices.IndexFunc(cluster.Members, func(m *Member) bool { return !m.Writer && (to == "" || m.ID == to) })
	if at < 0 {
		return nil, &problem{http.StatusBadRequest, "InvalidDBClusterStateFault", "Cannot failover cluster " + cluster.ID + " because there is no failover target."}
	}
	next := cluster.Members[at].ID
	cluster.Status = "failing-over"
	refused := c.state.ends != ""
	c.state.begin(&cluster.underway, func() {
		cluster.Status = "available"
		if !refused {
			cluster.SetWriter(next)
		}
	})
	return oneCluster{clusterXML(cluster)}, nil
}

func (c *rdsCall) reboot() (any, *problem) {
	cluster, m := c.state.member(c.region, c.get("DBInstanceIdentifier"))
	if m == nil {
		return nil, notFound("DBInstanceNotFound", "DBInstance", c.get("DBInstanceIdentifier"))
	}
	if m.Status != "available" {
		return nil, instanceState(m)
	}
	m.Status = "rebooting"
	m.Reboots++
	c.state.begin(&m.underway, func() { m.Status, m.ParameterStatus, m.GroupStatus = "available", "in-sync", "in-sync" })
	return oneInstance{instanceXML(cluster, m)}, nil
}

func (c *rdsCall) snapshot() (*Snapshot, *problem) {
	id := strings.ToLower(c.get("DBClusterSnapshotIdentifier"))
	snapshot := c.state.Snapshots[c.region+"/"+id]
	if snapshot == nil {
		return nil, notFound("DBClusterSnapshotNotFoundFault", "DBClusterSnapshot", id)
	}
	return snapshot, nil
}

func (s *Snapshot) xml() xmlSnapshot {
	return xmlSnapshot{s.ID, s.Cluster, s.Kind, s.Status, s.Progress, stamp(s.Created), s.GB}
}

func (c *rdsCall) describeSnapshots() (any, *problem) {
	var list []xmlSnapshot
	if c.get("DBClusterSnapshotIdentifier") == "" {
		for _, key := range sortedKeys(c.state.Snapshots) {
			if s := c.state.Snapshots[key]; s.Region == c.region && (c.get("DBClusterIdentifier") == "" || c.get("DBClusterIdentifier") == s.Cluster) {
				list = append(list, s.xml())
			}
		}
	} else {
		snapshot, p := c.snapshot()
		if p != nil {
			return nil, p
		}
		snapshot.tick()
		if snapshot, p = c.snapshot(); p != nil {
			return nil, p
		}
		list = append(list, snapshot.xml())
	}
	part, marker := page(c, list)
	return struct {
		DBClusterSnapshots []xmlSnapshot `xml:"DBClusterSnapshots>DBClusterSnapshot"`
		Marker             string        `xml:",omitempty"`
	}{part, marker}, nil
}

func (c *rdsCall) createSnapshot() (any, *problem) {
	cluster, p := c.cluster(c.get("DBClusterIdentifier"))
	if p != nil {
		return nil, p
	}
	if _, p := c.snapshot(); p == nil {
		return nil, &problem{http.StatusBadRequest, "DBClusterSnapshotAlreadyExistsFault", "Cannot create the cluster snapshot because one with that identifier already exists."}
	}
	if cluster.Status != "available" {
		return nil, clusterState(cluster)
	}
	id := strings.ToLower(c.get("DBClusterSnapshotIdentifier"))
	made := &Snapshot{ID: id, Region: c.region, Cluster: cluster.ID, Status: "creating", Kind: "manual", GB: 12, Created: time.Now().UTC().Truncate(time.Second)}
	c.state.Snapshots[c.region+"/"+id] = made
	end := c.end("available")
	c.state.begin(&made.underway, func() {
		made.Status = end
		if end == "available" {
			made.Progress = 100
		}
	})
	return struct{ DBClusterSnapshot xmlSnapshot }{made.xml()}, nil
}

func (c *rdsCall) deleteSnapshot() (any, *problem) {
	snapshot, p := c.snapshot()
	if p != nil {
		return nil, p
	}
	if snapshot.Status == "creating" || snapshot.Status == "deleting" {
		return nil, &problem{http.StatusBadRequest, "InvalidDBClusterSnapshotStateFault", "The snapshot is in state " + snapshot.Status + "."}
	}
	key := c.region + "/" + snapshot.ID
	snapshot.Status = "deleting"
	c.state.begin(&snapshot.underway, func() { delete(c.state.Snapshots, key) })
	return struct{ DBClusterSnapshot xmlSnapshot }{snapshot.xml()}, nil
}
