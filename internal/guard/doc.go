// Package guard lets a database itself refuse application writes to tables that
// the other side owns.
//
// A guard is a trigger: BEFORE INSERT, UPDATE and DELETE, on each table of a
// group, on both sides. It reads the group's row of _tandem.ownership with a
// shared lock and lets the write pass if the row names this side as the owner.
//
//	application's write ──▶ guard ──▶ @tandem set? ──▶ pass (one of tandem's sessions)
//	                                     │ no
//	                                     ▼
//	                     read the owner, LOCK IN SHARE MODE
//	                          │             │
//	                    this side: pass   other, or no row: error 30100
//
// The lock is what makes a handover one transaction. A writer holds it until it
// ends, so whoever has taken the row FOR UPDATE knows that no writer is in
// flight, and holds up those that come. If he lets go they go on; if he commits
// another owner they are refused. A locking read sees what was committed last,
// even in a transaction with an older snapshot.
//
// # For application developers
//
// A refused write is error 30100, SQLSTATE 45000:
//
//	tandem: shop.orders is not written on the source any more but on the target (group orders): reconnect
//
// It means that the tables have moved and this connection has not. Nothing of
// the statement was done. Connect anew, to the address that the team announced,
// and repeat the transaction there.
//
// During a handover a write waits instead, as it does for a row that somebody
// else has locked, and for no longer than the application's own
// innodb_lock_wait_timeout (50 seconds unless it is set): so a plan's
// pause_budget should be below that.
//
// # What guards do not see
//
//   - TRUNCATE and other DDL fire no triggers.
//   - Changes of a foreign key's action to child tables fire none, on any
//     version; the write to the parent does, and both are in one group.
//   - A table that is made anew and renamed, as schema change tools do it,
//     comes without guards: [Read] tells, [Arm] makes them.
//   - A session that sets @tandem. Only tandem's should.
//
// # Arming
//
// CREATE TRIGGER needs the table's metadata lock: it waits for every transaction
// that has used the table, and everybody else who comes waits behind it. So an
// attempt is short, and is repeated until it meets a gap; tables that are free
// do not wait for those that are not. Guards go in front of the application's
// own triggers. Before MySQL 5.7 there is one trigger for each event only: a
// table that has one can not be guarded ([ErrSlotTaken]).
//
// A guard runs as its definer, tandem's user. If that account is dropped before
// the guards are, every write to the tables fails.
//
// On a side that has no record of the group, guards would refuse everybody: Arm
// refuses instead ([ErrNoRecord]).
package guard
