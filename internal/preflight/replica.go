package preflight

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
)

// checkSourcePrimary wants the server on which applications write. A replica of
// Cloud SQL may be made anew from a disk at any time, under another UUID.
func checkSourcePrimary(ctx context.Context, s *state) ([]Finding, error) {
	v := s.on(Source)
	if i := v.instance(); i != nil && (i.Primary != "" || i.Kind == "READ_REPLICA_INSTANCE") {
		return one(Block, "the source is a read replica, which Cloud SQL makes anew from a disk when it likes: positions would mean nothing then",
			seen("instanceType", i.Kind)+", "+seen("masterInstanceName", i.Primary), "name the primary "+i.Primary+" in source.cloudsql of tandem.yaml")
	}
	r, err := replicaOf(ctx, v)
	if err != nil {
		return hidden(err)
	}
	if r == "" {
		return nil, nil
	}
	if v.flavour() == mysqldb.CloudSQL {
		return one(Block, "the source is a read replica, which Cloud SQL makes anew from a disk when it likes: positions would mean nothing then",
			"it replicates from "+r, "name the primary in source of tandem.yaml")
	}
	if !v.facts.LogReplicaUpdates {
		return one(Block, "the source is a replica that does not write what it receives into its own binlog",
			"it replicates from "+r+", and "+seen("log_replica_updates", "OFF"), "name the primary as the source, or "+v.setAtStart("log_replica_updates", "ON"))
	}
	return one(Warn, "the source is a replica: handovers need the server on which applications write",
		"it replicates from "+r, "name the primary as the source in tandem.yaml")
}

// checkTargetReplica refuses a target into which something else replicates, or
// which is about to be replaced by another.
func checkTargetReplica(ctx context.Context, s *state) ([]Finding, error) {
	v := s.on(Target)
	c := v.cluster()
	var found []Finding
	if c != nil && c.ReplicatesFrom != "" {
		found = append(found, Finding{Severity: Block, What: "the target is a replica of another cluster", Evidence: seen("ReplicationSourceIdentifier", c.ReplicatesFrom),
			Fix: aws(c, "promote-read-replica-db-cluster") + " --db-cluster-identifier " + c.ID})
	}
	if c != nil && len(c.BlueGreen) > 0 {
		found = append(found, Finding{Severity: Block, What: "a blue/green deployment is under way, which replaces the cluster by another with other positions",
			Evidence: list(c.BlueGreen), Fix: aws(c, "delete-blue-green-deployment") + " --blue-green-deployment-identifier " + c.BlueGreen[0] + ", or switch it over and wait"})
	}
	if i := v.instance(); i != nil && (i.Primary != "" || i.Kind == "READ_REPLICA_INSTANCE") {
		found = append(found, Finding{Severity: Block, What: "the target is a read replica", Evidence: seen("masterInstanceName", i.Primary),
			Fix: gcloud(i, "instances promote-replica", "")})
	}
	r, err := replicaOf(ctx, v)
	if err != nil && len(found) == 0 {
		return hidden(err)
	}
	if r != "" {
		fix := "STOP REPLICA; RESET REPLICA ALL"
		switch {
		case v.flavour() == mysqldb.Aurora || v.flavour() == mysqldb.RDS:
			fix = "CALL mysql.rds_stop_replication; CALL mysql.rds_reset_external_source"
		case !v.facts.Version.AtLeast(8, 0, 22):
			fix = "STOP SLAVE; RESET SLAVE ALL"
		}
		found = append(found, Finding{Severity: Block, What: "the target replicates from another server, beside what tandem would write", Evidence: "it replicates from " + r, Fix: fix})
	}
	return found, nil
}

// replicaOf returns what a server replicates from, empty if from nothing.
func replicaOf(ctx context.Context, v *server) (string, error) {
	show := "SHOW REPLICA STATUS"
	if !v.facts.Version.AtLeast(8, 0, 22) {
		show = "SHOW SLAVE STATUS"
	}
	rows, err := v.db.QueryContext(ctx, show)
	if err != nil {
		return "", fmt.Errorf("ask whether it is a replica: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", fmt.Errorf("ask whether it is a replica: %w", err)
	}
	var from []string
	for rows.Next() {
		var host, port sql.NullString
		to := make([]any, len(columns))
		for i, c := range columns {
			switch c {
			case "Source_Host", "Master_Host":
				to[i] = &host
			case "Source_Port", "Master_Port":
				to[i] = &port
			default:
				to[i] = new(sql.RawBytes)
			}
		}
		if err := rows.Scan(to...); err != nil {
			return "", fmt.Errorf("ask whether it is a replica: %w", err)
		}
		from = append(from, host.String+":"+port.String)
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("ask whether it is a replica: %w", err)
	}
	return strings.Join(from, ", "), nil
}
