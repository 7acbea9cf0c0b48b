// Package sqltoken cuts what a server prints about its tables, views, routines
// and grants into tokens: SHOW CREATE TABLE is the only place that tells some of
// what a table is. It is no parser. Put together again, the tokens of a text are
// the text, so what nobody looks for goes through unchanged.
package sqltoken
