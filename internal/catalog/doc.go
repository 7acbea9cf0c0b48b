// Package catalog knows the tables of a server: it loads their definitions as
// [schema.Table], creates on the target what is missing there, and lists what
// else a schema holds (views, routines, triggers, events).
//
// # Definitions
//
// [Load] asks information_schema, a few queries per database however many
// tables there are, and gives the same answer for the same table on every
// version from 5.6 on: display widths are dropped, utf8 is called utf8mb3.
// Two tables whose [schema.Table.Fingerprint] are equal hold the same rows;
// [Diff] says in words why two are not equal.
//
// # Creating
//
// [Create] takes the source's own CREATE TABLE statement, makes explicit what
// it leaves to defaults that differ between versions, takes out what names a
// place on the source's machine, and compares what has come of it with the
// source. A table that is there already is compared only.
//
// # Registry
//
// A [Registry] is the set of tables as they are at the position of a stream:
// DDL that is applied replaces tables in it.
package catalog
