package cloud

import "time"

// Cluster is what RDS tells of an Aurora MySQL cluster.
type Cluster struct {
	ID, ARN, Region string
	// Engine is aurora-mysql; EngineVersion such as 8.0.mysql_aurora.3.08.0.
	Engine, EngineVersion string
	// Status is available when it serves.
	Status string
	// Writer and Reader are host names that follow a failover; Custom are those a
	// person made.
	Writer, Reader string
	Custom         []string
	Port           int
	Members        []Member
	// ParameterGroup is the DB cluster parameter group.
	ParameterGroup string
	// Pending are modifications that wait, in words.
	Pending            []string
	IAMAuth            bool
	DeletionProtection bool
	// BacktrackWindow is how far back it can be rewound; 0 where it can not.
	BacktrackWindow time.Duration
	// BackupDays is how long automated backups are kept.
	BackupDays       int64
	LatestRestorable time.Time
	// ReplicatesFrom is the ARN of what it replicates from, empty usually.
	ReplicatesFrom string
	// BlueGreen are blue/green deployments in progress that it belongs to.
	BlueGreen []string
	// MinACU and MaxACU are a serverless cluster's, 0 for others.
	MinACU, MaxACU float64
	Tags           map[string]string
}

// Member is one instance of a cluster.
type Member struct {
	ID       string
	Writer   bool
	Endpoint string // its own host name
	Port     int
	Class    string
	Status   string
	// ParameterStatus is in-sync when it runs what its parameter groups say, else
	// pending-reboot or applying.
	ParameterStatus string
	// Pending are modifications that wait, in words.
	Pending []string
	// CA is the certificate authority, such as rds-ca-rsa2048-g1.
	CA string
}

// InSync tells whether every member runs what the parameter group says.
func (c *Cluster) InSync() bool {
	for _, m := range c.Members {
		if m.ParameterStatus != "in-sync" {
			return false
		}
	}
	return true
}

// WriterMember returns the member that writes, nil while there is none.
func (c *Cluster) WriterMember() *Member {
	for i := range c.Members {
		if c.Members[i].Writer {
			return &c.Members[i]
		}
	}
	return nil
}

// Parameter is one of a parameter group.
type Parameter struct {
	Name, Value string
	// Set is false where the engine's default holds, which Value does not tell.
	Set        bool
	Modifiable bool
	// Static ones need a reboot.
	Static bool
	// Source is user, system or engine-default.
	Source string
}
