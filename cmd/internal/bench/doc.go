// Package bench measures tandem against its peers: native MySQL replication,
// mydumper with myloader, and mysqldump.
//
// A time of its own says little: it is that of one machine on one day. So each
// race puts tandem and its peers on the same machine, servers and settings, one
// after the other, and what counts is the ratio.
//
//	source, loaded once ──binlog──► target, restored from ◄── one data directory
//	                                before each contender     from before the load
//
// Three kinds of race:
//
//   - apply: a backlog is in the source's binlog, and the target is as it was
//     before. How long until it is drained? (apply.go, shape.go)
//   - copy: the target is empty. How long until it has all rows? (copy.go)
//   - latency: one small transaction after the other. How long from the source's
//     answer to COMMIT until a reader of the target sees it? (latency.go)
//
// No contender is believed: after each drain and copy the judge of the sandbox
// compares every cell, and a result of tandem that is not equal fails the run.
//
// tandem runs as the program that a user runs, a process of its own; its
// start-up is inside its time.
package bench
