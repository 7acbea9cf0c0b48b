package config

import "fmt"

// NotBuilt says that the file asks for something tandem understands but cannot
// do yet. It is an answer to an attempt to use the thing: a file which names it
// is valid.
type NotBuilt struct {
	What    string // what was asked for, such as "connecting to Cloud SQL"
	Key     string // the key which asks for it, such as source.cloudsql
	Instead string // what works today
}

// Error implements error.
func (e *NotBuilt) Error() string {
	return fmt.Sprintf("%s: %s is not built yet", e.Key, e.What)
}

// Hint says what to type instead.
func (e *NotBuilt) Hint() string { return e.Instead }
