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
// An attempt is killed after 200 ms at first, and may take longer each time up
// to Options.LockWait. A dead attempt leaves nothing behind.
//
// On a side that has no record of the group, guards would refuse everybody: Arm
// refuses instead ([ErrNoRecord]).
//
// # What it costs
//
// Measured on MySQL 9.7 with TestCost, on two cores that others used as well: a
// transaction of three single-row statements takes 0.4 ms of the server's CPU
// without guards, 0.45 ms with triggers that only test the variable, and 0.65 to
// 0.7 ms with guards: about 0.1 ms for each row. At saturation that is a quarter
// to two fifths fewer transactions.
//
// Nearly all of it is the executor's work for one more SELECT. The lock itself
// is not to be seen: a read without one, a row for each sixteenth of the
// connections, and FOR SHARE cost the same. A smaller table with a number as its
// key saves a twentieth; SELECT ... INTO a variable costs more, and warns where
// there is no row; EXISTS is no cheaper. So the body is the plainest one that is
// right. The test of @tandem is a statement of its own, so that tandem's
// sessions never so much as ask for the lock.
//
// What would save the read is to remember that this transaction has made it. But
// nothing that a trigger can see tells one transaction from the next for
// certain: NOW(6) stands still for a session that sets its timestamp.
package guard
