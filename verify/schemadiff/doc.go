// Package schemadiff compares everything of two databases but their rows:
// definitions of tables, counters, views, routines, triggers, events, users and
// grants.
package schemadiff
