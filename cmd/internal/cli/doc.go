// Package cli is the command line: one file for each verb, with a constructor
// (newInitCommand), its options (initOptions) and what it does (runInit).
//
// Verbs return errors and results; they do not print errors and do not exit.
// Main prints what went wrong, with a hint what to type next, and exit.go has
// the one table that turns errors into exit codes.
package cli
