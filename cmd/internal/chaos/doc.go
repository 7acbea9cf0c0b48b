// Package chaos breaks things around a running tandem and looks whether anything
// is lost. It has tests only.
//
// The test binary is the program, too: called with TANDEM_CHAOS_PROGRAM set it
// runs tandem's own main function, with one difference, which is that a fault
// can be named that strikes at a point inside (see program_test.go). So what is
// tested is the program as it is shipped, killed where no timer would hit.
//
//	application ─────────────► source ◄──── proxy ◄──┐
//	                                                 tandem (killed, stopped,
//	checks ◄──── compare ────► target ◄──── proxy ◄──┘       started again)
//
// A round is a pair of servers of its own, a sample database with its load on
// it, one migration, and faults drawn from the round's seed, one after the
// other. In the end the faults stop, the load stops, the program catches up,
// and the invariants are looked at (docs/testing.md lists both). The same seed
// draws the same faults in the same order; when exactly they strike depends on
// the machine.
//
//	make chaos                      five minutes of rounds
//	make chaos CHAOS_TIME=1h
//	make chaos SEED=1234            the round that printed this seed
//
// Handovers have a table instead (handover_faults_test.go): everything that can
// die, at every point of a run, there and back. An ordinary run of the tests has a
// few of its trials.
//
//	make chaos-handover             all of them
//	make chaos-handover TRIALS=60   so many, drawn at random
package chaos
