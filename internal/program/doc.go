// Package program runs a program that a plan names: without a shell, in a given
// folder, with a timeout that ends it together with everything it has started,
// and with an output of which only the end is kept.
package program
