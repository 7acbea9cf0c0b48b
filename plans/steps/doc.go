// Package steps has one file for each kind of step that a plan expands to.
//
// Gates measure and change nothing (but the canary, which writes a row of
// tandem's own). They are asked again and again, all at once, and say in one line
// what they have measured and what they wait for. An error means that a gate could
// not ask: it does not hold then, whatever it said before.
//
// Actions do something, and each part of them may be repeated: after a crash they
// are called again. The pause belongs to others as well, so what its steps hand on
// to each other is in runner.Run.
package steps
