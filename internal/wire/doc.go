// Package wire is a MySQL connection for the hot paths: it sends statements as
// bytes, streams result sets as the bytes that the server sent, and feeds
// LOAD DATA LOCAL from a writer, without an allocation per row or value.
//
// It speaks the text protocol only, since that is what the copier and the
// applier need, over connections that go-mysql has opened and authenticated.
// Everything that is not hot uses database/sql (package mysqldb).
//
// Every session is set up in the way that [schema.AppendLiteral] asks for:
// string literals are binary strings, time is UTC, nothing is converted,
// truncated or refused on account of a sql_mode.
//
// A connection belongs to one goroutine at a time (only Kill may be called from
// others). An error of the server ([*Error]) leaves it usable. After any other
// error, a cancelled context included, it is broken for good: the socket is
// closed, so that the server rolls back, and every later call fails at once
// with the first reason.
package wire
