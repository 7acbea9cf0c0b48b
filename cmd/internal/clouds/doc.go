// Package clouds tests tandem between a Cloud SQL instance and an Aurora cluster
// as a person would run it: a tandem.yaml with cloudsql: and aurora:, the program,
// and both clouds' APIs in the test's own process.
//
//	program ── admin APIs, secrets ──► gcpfake, awsfake
//	program ── connector's TLS ──► gcpfake's instance ──► a local server
//	program ── the address that awsfake tells ──────────► a local server
//
// What the fakes and the servers can not show is written down in docs/testing.md.
package clouds
