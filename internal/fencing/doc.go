// Package fencing keeps application writes off a database by other means than
// the guard: accounts that are locked (accounts), rights that are taken away
// (grants), a server that refuses writes (read_only), a program of the plan's
// (exec).
//
// The guard's fence is the lock of a row and ends with its session. None of
// these does. So what is about to be changed, and how it was, is written to
// _tandem.fence on the side that is fenced, before anything is changed, with a
// deadline:
//
//	            Raise                        Lift, or Enforce at the deadline
//	nothing ──────────▶ recorded ──▶ up ───────────────────▶ lifted
//	                       │          ╲
//	                       │           ╲ Keep, or Enforce once the groups are
//	                       ╰──▶ lifted   ╲ owned by the other side
//	                                      ▶ kept: no deadline
//
// Whoever comes, from whichever machine, finds the record and can put back
// exactly what was there. The daemon does so (Enforcer) where the runner is gone.
//
// Three things keep a runner that was stopped and wakes up from doing harm:
//
//   - every change is made in one session, which holds a lock of the server's that
//     Lift and Enforce need, and which the server ends when it is silent for as
//     long as the deadline. A change that comes late finds no session;
//   - Enforce decides while it holds the ownership rows of the groups, which a
//     handover holds, too: a fence is either lifted before the handover commits,
//     and then StillUp tells it so, or it belongs to the side that has given the
//     groups away, and is kept;
//   - the deadline is the server's clock, the only one that all share.
//
// What a record holds is bounded as well: Lift gives back rights on single
// databases and tables, of a fixed list, and nothing else, whatever is written
// there. It holds no password, not even a hash: those never leave the server. Nor
// is a program ever run because a table says so: what undoes an exec fence stands
// in a file of this machine's (Programs).
package fencing
