// Package gcp speaks to Google Cloud: Cloud SQL's admin API and connector, Secret
// Manager, Cloud DNS, Cloud Storage. It answers in the words of package cloud.
//
//	Client ─┬─ Instance, Flags, Users      what an instance is
//	        ├─ SetFlags, Backups, Clones   what outlives whoever asked for it
//	        ├─ DNS, Store, Secrets         the rest of a plan
//	        └─ Dialer                      connections, through the connector
//
// Nothing is asked, and no credentials are looked for, before somebody needs an
// answer: whoever only moves data between plain servers pays nothing.
//
// # Asking
//
// Every call goes through ask. It repeats what the cloud was too busy for, a
// bounded number of times; it waits for as long as the context lasts while
// another operation holds the instance; and it turns refusals into errors that say
// what was asked of what, and which permission is missing. A change whose answer
// was lost is not repeated by ask: only who asked for it can look whether it was
// made (see lost).
//
// # Operations
//
// What changes an instance is an operation: the call returns at once, and
// operations.get tells when it is done. Two things keep it from being lost. It is
// waited for before anything is reported, and asking for the same again finds what
// is there: a flag that is set already, a backup of that description, a clone of
// that name.
package gcp
