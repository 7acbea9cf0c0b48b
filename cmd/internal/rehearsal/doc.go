// Package rehearsal measures handovers on throwaway servers: it has applications
// write to both sides, looks at each handover from where they stand, and counts
// afterwards whether a row was lost.
//
//	Load ── a bank for each group ──┐              ┌── Watch: the pause, errors,
//	     └─ the courier's shops ────┴─► servers ◄──┘   what tandem says itself
//
// How a handover is done it does not know: the verbs that rehearse do it with the
// code that does it in earnest, the benchmark with the program.
package rehearsal
