package schemadiff

import (
	"database/sql"

	"tandem/internal/schema"
)

// Config says what is compared.
type Config struct {
	// Source and Target are pools of mysqldb.Open, whose sessions are set up to
	// see fresh counters and hidden columns.
	Source, Target *sql.DB
	// Tables tells which tables are compared.
	Tables func(schema.Name) bool
	// TargetOwns tells which tables the target owns since a handover: there the
	// target leads, and what differs is mended on the source. Nil means none.
	TargetOwns func(schema.Name) bool
	// Schemas tells which databases are compared. Nil means those that hold a
	// table which Tables lets through.
	Schemas func(string) bool
	// Accounts maps accounts of the source to those that stand in for them on the
	// target: app@% to app_rails@10.%, or a user name alone to another, which
	// leaves the host as it is. An account that maps to "" has none on purpose.
	Accounts map[string]string
	// IgnoreUsers are user names, or accounts, that are not compared on either
	// side, besides those of the servers, the clouds and the sessions' own.
	IgnoreUsers []string
	// WithoutAccounts leaves out users and grants.
	WithoutAccounts bool
	// Linked tells that a link is applying the source's changes to the target at
	// this moment: triggers on both sides would work twice then, and counters may
	// be behind until the handover sets them.
	Linked bool
}
