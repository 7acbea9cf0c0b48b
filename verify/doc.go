// Package verify proves that two databases hold the same rows while both are
// written to.
//
// A table is compared in ranges of its key, on both sides at once. A range is
// equal if both sides have as many rows and the same digest; nothing more is
// asked then. Otherwise the range is divided until the rows that differ are
// found, and those are looked at again:
//
//	owner's row S1 ──► wait until the link has applied what the owner's side
//	                   had executed ──► other side's row T ──► owner's row S2
//
//	T = S1 or T = S2    equal
//	S1 = S2, T differs  the owner's stood still: after three times in a row,
//	                    with the same values, a mismatch
//	S1 ≠ S2             it moves: again, and at last unresolved
//
// The owner of a table is the source until its group is handed over (owners.go).
// Classes of findings are the same whoever it is: missing is what the target lacks.
//
// So no lock is taken, no transaction is long, and what is on its way is never
// mistaken for what is wrong. A digest only ever says "equal" or "look closer":
// whether two rows are equal is decided by their canonical values (package
// schema), byte for byte.
//
// [Run] compares all rows, or a sample. [Touched] compares rows by their keys,
// [Since] those that their owners have touched since a position, [TouchedSince] and
// [Watch] those since the positions that were proven last, which are kept on the
// target ([ReadVerified]; task.go says what is read of which log). A [TouchedSession] does the same for a handover, where
// every millisecond counts: all that can be done before is.
//
// Rows that are digested here are read in the binary protocol (asking.go says what
// is asked of JSON documents); those that are looked at, as text.
//
// The life of a range:
//
//	cut.go ──► method.go ──► stream.go, server.go ──► equal
//	                                   │ differs
//	                                   ▼
//	                      drill.go ──► settle.go ──► finding.go ──► report.go
//	                                   collation.go
//
// The life of a session: session.go (what waits, and the last comparison), sift.go
// (what is compared ahead), kept.go (what is kept for it).
package verify
