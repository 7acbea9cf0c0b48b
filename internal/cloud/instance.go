package cloud

import "time"

// Instance is what the admin API tells of a Cloud SQL for MySQL instance.
type Instance struct {
	Project, Region, Name string
	// ConnectionName is project:region:name.
	ConnectionName string
	// Version is such as MYSQL_8_0; State is RUNNABLE when it serves.
	Version, State string
	// Kind is CLOUD_SQL_INSTANCE for a primary, READ_REPLICA_INSTANCE for a
	// replica, whose primary is Primary.
	Kind, Primary string
	Tier          string
	// Edition is ENTERPRISE or ENTERPRISE_PLUS; Availability ZONAL or REGIONAL.
	Edition, Availability string
	// DiskGB is the disk's size; DiskLimitGB how far it may grow, 0 without a limit.
	DiskGB, DiskLimitGB int64
	DiskAutoResize      bool
	// ActivationPolicy is ALWAYS for an instance that is to run.
	ActivationPolicy   string
	DeletionProtection bool

	BackupsEnabled bool
	// BinlogEnabled is "point-in-time recovery" in the console.
	BinlogEnabled bool
	// TransactionLogDays is transactionLogRetentionDays; 0 where it is not told.
	TransactionLogDays int64
	// TransactionLogState is DISK, CLOUD_STORAGE or on the way between the two.
	TransactionLogState string

	// Flags are the database flags that are set, by name.
	Flags map[string]string
	// SettingsVersion changes with every change of settings: one that names an old
	// version is refused.
	SettingsVersion int64

	// ServerCA is the PEM of the authority that signed its certificate.
	ServerCA string
	// SSLMode is such as ENCRYPTED_ONLY.
	SSLMode string
	// PublicIP and PrivateIP are empty where it has none; PSC tells whether Private
	// Service Connect is on, with its DNS name.
	PublicIP, PrivateIP string
	PSC                 bool
	DNSName             string

	// Maintenance is when the next one is scheduled; zero where none is.
	Maintenance time.Time
	// DenyMaintenance are the periods that the owner keeps free of it.
	DenyMaintenance []Period
}

// Period is from the beginning of the first day to the end of the last, as the
// cloud writes them: 2006-01-02, or 01-02 for every year.
type Period struct{ First, Last string }

// Backup is one that is kept or being made.
type Backup struct {
	ID string
	// Kind is ON_DEMAND or AUTOMATED in Cloud SQL, manual or automated in RDS.
	Kind string
	// Status is SUCCESSFUL or available when it can be used.
	Status string
	Done   bool
	// Reason is why it failed, where the cloud says so.
	Reason     string
	Begun, End time.Time
	// Description is what was asked for to tell it again.
	Description string
	SizeBytes   int64
	// Percent is how far it is, where the cloud tells.
	Percent int
}

// User is a database user as Cloud SQL's admin API knows it.
type User struct {
	Name, Host string
	// Kind is BUILT_IN or one of CLOUD_IAM_….
	Kind string
	// Roles are those the cloud gave; none means cloudsqlsuperuser.
	Roles []string
}

// Flag is what the cloud lets one set.
type Flag struct {
	Name            string
	RequiresRestart bool
	AllowedValues   []string
}
