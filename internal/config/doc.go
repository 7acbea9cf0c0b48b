// Package config reads tandem.yaml, the one file that says which two
// databases are in tandem and what is to move between them.
//
// A value can be given in four places. The nearest to the person who types
// wins, and every value remembers where it came from:
//
//	flag  >  TANDEM_* environment  >  tandem.yaml  >  default
//
// Every key has one dotted path, and all four places use it: the key
// replicate.copy.workers in the file is the variable
// TANDEM_REPLICATE_COPY_WORKERS and the flag --set replicate.copy.workers=8.
//
// Keys that stand for alternatives (host, socket, dsn, cloudsql and aurora of
// an endpoint; the providers of a password) replace each other across layers:
// TANDEM_SOURCE_SOCKET overrides a host from the file. Within one layer two
// alternatives contradict each other, which is an error.
//
// Load reports every problem it can find at once, as *Problems: each with file,
// line and column, the line itself and what to write instead.
//
// Passwords never enter a Config. It holds where a password comes from, and
// asks there each time somebody connects; the answer is a Secret, which prints
// as *** however it is printed. What is shown of a file in an error is masked
// where a password may stand, even by mistake.
package config
