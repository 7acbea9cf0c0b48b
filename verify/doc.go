// Package verify proves that two databases hold the same rows while both are
// written to.
//
// A table is compared in ranges of its key, on both sides at once. A range is
// equal if both sides have as many rows and the same digest; nothing more is
// asked then. Otherwise the range is divided until the rows that differ are
// found, and those are looked at again:
//
//	source row S1 ──► wait until the link has applied what the source
//	                  had executed ──► target row T ──► source row S2
//
//	T = S1 or T = S2    equal
//	S1 = S2, T differs  the source stood still: after three times in a row,
//	                    with the same values, a mismatch
//	S1 ≠ S2             it moves: again, and at last unresolved
//
// So no lock is taken, no transaction is long, and what is on its way is never
// mistaken for what is wrong. A digest only ever says "equal" or "look closer":
// whether two rows are equal is decided by their canonical values (package
// schema), byte for byte.
//
// [Run] compares all rows, or a sample. [Touched] compares rows by their keys,
// [Since] those that the source has touched since a position, [TouchedSince] and
// [Watch] those since the position that was proven last, which is kept on the
// target ([ReadVerified]). A [TouchedSession] does the same for a handover, where
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
