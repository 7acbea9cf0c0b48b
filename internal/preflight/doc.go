// Package preflight looks for whatever would keep a migration from being exact,
// before anything is changed.
//
// Each check is a file with one function, and a line in the list of checks.go.
// A check reads, never writes; it answers with findings, each with what was
// seen and what to type. Checks run at the same time, their findings come in
// the order of the list.
//
//	block   replication does not start: rows would be lost or differ, or it
//	        could not go on
//	warn    it works, but something is slower, or a later step will want more
//	info    worth knowing
//
// A check that could not be made is a block: not having looked is not the same
// as having found nothing.
package preflight
