// Package replicate keeps one database in step with another.
//
// A [Link] is one direction of it: it copies what is there, streams what
// happens, and goes on from where it was after any interruption.
//
//	         source                                   target
//	┌──────────────────────┐                 ┌──────────────────────────┐
//	│ tables ──SELECT──────┼──► copier ──────┼─► tables                 │
//	│                      │      ▲ │        │   _tandem.chunk          │
//	│                      │ asks │ │ flips  │                          │
//	│                      │      │ ▼        │                          │
//	│ binlog ──dump────────┼──► applier ─────┼─► tables                 │
//	│                      │                 │   _tandem.checkpoint     │
//	└──────────────────────┘                 └──────────────────────────┘
//
// The life of a link:
//
//	            checks ok            copied           at the source's end
//	preparing ───────────► copying ─────────► streaming ◄─────────────► caught up
//	    │                     │                   │
//	    └──────── lost connection: connect again, from the checkpoint ───┘
//
// Preparing is the same the first time and every time after: look at both
// servers, take the lease and raise the epoch, make what is missing. A
// position is taken before the first table is looked at, so that the stream
// holds everything that the copy may have missed.
//
// What a link knows is on the target, committed together with the data. The
// process keeps nothing: kill it, start it anywhere, and it goes on.
package replicate
