// Package schemadiff compares everything of two databases but their rows:
// definitions of tables, counters, views, routines, triggers, events, users and
// grants.
//
// # Same or only printed alike
//
// Versions describe the same thing in different words, and different things in
// the same words. So both sides are read into one form first:
//
//	structure     information_schema, by way of package catalog
//	expressions   SHOW CREATE TABLE, cut into tokens (package sqltoken) and
//	              written in one spelling (normal.go): information_schema
//	              escapes quotes in a way that can not be undone
//	defaults      what can not be printed is asked for in hexadecimal
//	views         if their texts differ between versions, the target EXPLAINs both
//	grants        SHOW GRANTS, as sets of privileges for each object
//
// # Findings
//
// Whatever differs is a [Finding] with the statements that make it go away.
// They are written from the source's form, so the same text makes a column that
// is missing, changes one that differs, and makes a whole table. The test of a
// kind of difference is always the same: make it, see this one finding, run its
// statements, see none.
//
// Of a table that the target owns since a handover the target leads, and the
// statements are for the source. The code knows one direction only: for such
// tables it runs with the sides exchanged (pair.go).
//
// Nothing is written to either side, and nothing is locked.
package schemadiff
