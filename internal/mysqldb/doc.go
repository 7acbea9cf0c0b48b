// Package mysqldb is the ordinary way to a MySQL server: pools of
// database/sql connections, what a server says about itself, and what its
// errors mean.
//
// It is for everything that is asked now and then. Rows in bulk go through
// internal/wire, which shares [Endpoint] and the error classes with it.
//
// # Sessions
//
// Every connection speaks utf8mb4, lives in UTC, takes values as they are
// (no strict mode, zero and invalid dates allowed) and sees fresh statistics.
//
// # Errors
//
// A connection that can not be had is an [UnreachableError] or an
// [AccessDeniedError]: both know the endpoint and carry a Hint with what to do.
// Everything else keeps the server's number, which the Is… functions put into
// classes ([IsDeadlock], [IsLostConnection], ...). They see through wrapping,
// and through any error type with a method MySQLCode.
package mysqldb
