// Package sandbox starts real MySQL servers on this machine: throwaway pairs of
// a source and a target, for trying tandem out and for its tests.
//
// A sandbox server is an ordinary mysqld with a private data directory, a free
// loopback port and a private socket. It is set up like the managed services
// that tandem moves databases between: GTIDs on, row-based binary log with full
// images, UTC, and users that have only what Cloud SQL and Aurora give (users.go).
//
//	Find ──► Install ──► Start ──► Server ──► DSN, RootDB, Client, Dump
//	           │                     │
//	           ▼                     ├─ Stop, Kill, Restart
//	       template data dir         │
//	       (initialised once,        ▼
//	        then copied)           Pair ──► Up (outlives us), Down, Status, Open
//
// Find looks for a server in this order: the environment (TANDEM_MYSQLD, or
// TANDEM_MYSQLD56), mysqld on PATH, one fetched before, one fetched now if the
// caller allows it, and a Docker engine. Initialising a data directory takes
// seconds, so it is done once per installation and copied from then on: a pair
// is up in about a second.
//
// A server started with Start ends with the process that started it, even when
// that is killed. One started by Up is detached and lives until Down; what is
// needed to find it again stands in sandbox.json in its directory.
//
// Compare is the judge of every crossing: it reads both servers with MySQL's
// own client program, table by table, each cell in an exact form, and shares no
// code with tandem's copy, stream or verify.
//
// Tests use the subpackage sandboxtest.
package sandbox
