// Package preflight looks for whatever would keep a migration from being exact, or
// a handover from having a way back, before anything is changed.
//
// Each check is a file with one function, a line in the list of checks.go, and a
// page in docs/preflight. A check reads, never writes; it answers with findings,
// each with what was seen and what to type. Checks run at the same time, their
// findings come in the order of the list.
//
//	block   replication does not start: rows would be lost or differ, or it
//	        could not go on; or a handover would fail
//	warn    it works, but something is slower, or a later step will want more
//	info    worth knowing
//	n/a     there is nothing to look at here, and why
//
// A check that could not be made is a block: not having looked is not the same
// as having found nothing. Where only the right to look is missing, it says so as
// n/a. A server that is lost meanwhile is an error, no finding about it.
//
// What the checks know comes from three places:
//
//	servers ── variables, grants, tables, and what trying a right answers
//	clouds  ── [Cloud]: instance, cluster, flags, parameters, backups, users;
//	           loaded by the caller, in the words of package cloud
//	caller  ── who owns what, where links go on, how servers are reached
//
// A link makes the first of the checks each time it starts ([Starting]), without
// the clouds; tandem preflight makes all of them.
package preflight
