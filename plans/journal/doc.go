// Package journal is the record of what runs of plans have done: who, what,
// when, and with which outcome. It is only ever added to.
//
// Each entry is one line of JSON that ends with its own hash:
//
//	{"v":1,"seq":2,"time":"…","run":"…","kind":"step begun","step":"orders/fence","prev":"ab12…","hash":"cd34…"}
//	                                                              │                        │
//	                              hash of the entry before ───────┘                        │
//	                              SHA-256 of everything before ,"hash" ────────────────────┘
//
// so no line can be changed, left out or put elsewhere without being seen. What
// a chain can not show by itself is that its end was cut off: that is what the
// copies are for. The journal lives in a local file and in both databases, all
// with the same bytes; [Merge] takes the longest chain of which the others are
// the beginning. Two chains that have gone different ways are a *[ForkError]:
// two runners were at work, and a person must say which.
//
// A line that a power loss has torn (no end, or blocks that were never written)
// was never confirmed to anybody. It is left out, reported as [Torn], and
// overwritten by the next entry. A whole line that does not fit its hash is
// something else: a *[BrokenError], which names it.
//
// While writers wait, every write of the journal would make them wait longer. So
// what is done then is held (Journal.Hold), and written to the owner's database
// within the transaction that hands over (Journal.Within), which costs one
// statement; the other copies get it behind the pause. That is enough: before the
// commit everything undoes itself when the runner dies, and what is not done need
// not be told; with the commit the owner's copy tells of it. Above every journal
// stands the owner's row.
//
// A copy should be ahead of the others only where those can be read by whoever
// goes on. So the local file is the last one to be written: another machine does
// not have it, and would go on from less.
//
// Passwords never enter: values are recorded by type ([Data]), and those of a
// type or a name that may hold one are replaced.
package journal
