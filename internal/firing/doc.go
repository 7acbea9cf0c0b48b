// Package firing moves what fires, and what lives beside the tables, from the
// side that applications leave to the side that they go to.
//
// Triggers and events write by themselves. On the side where applications write
// they have to; where an applier writes they must not, since what they did comes
// over as rows, and they would do it a second time. So on the side that owns a
// group its triggers exist and its events are enabled, and on the other they do
// not, at any time in between:
//
//	          owner A                                other B
//	          fires                                  store: what fires on A
//	[Carry]   ─────────── definitions, views, code ──▶
//	          ── commit: B owns the group ──
//	[Open]                                           makes what is stored, then opens
//	[Close]   stores what fires, drops it            fires
//
// Both are called by the links, in the order of the log: Open before the row is
// taken over that lets writers in, Close before the first change of the new
// owner is applied. Each is complete in itself, needs its own side only, and may
// be killed anywhere and called again: a definition is stored before it is
// dropped, and leaves the store only when everything stands.
//
// # As it was
//
// A definition is kept as the server prints it, in the character set in which it
// was written, with the session that the server remembers: sql_mode, character
// set, collation, time zone, definer and the order among triggers of one event.
// What comes back after a rollback is the same to the byte. A definition that
// has changed on the side where it fired comes back changed.
//
// The database's own collation is remembered by the server as well, and can not
// be given to a new object; it is that of the database.
//
// Setting another definer takes SET_ANY_DEFINER (SET_USER_ID before MySQL 8.2),
// which the clouds' administrators have, or SUPER before 8.0, which they do not
// have. Where it is refused the object runs as tandem's user, and the result
// says so: nothing waits for an account after the point of no return. [Check]
// finds it beforehand.
//
// # Events
//
// Events belong to a database, triggers to a table. So the events of a database
// move when the last group that has tables in it does ([EventDatabases]); until
// then they fire on the old side, where guards refuse what they write to groups
// that have moved.
//
// # What it waits for
//
// Triggers come and go under their table's metadata lock. A transaction that
// reads a table on the side that opens holds the opening up until it ends; the
// attempts are short, so nobody waits long behind them. Tables without triggers
// are not touched.
package firing
