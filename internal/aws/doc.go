// Package aws speaks to the side of a move that is at Amazon: it tells the facts of
// an Aurora MySQL cluster, makes IAM tokens to log in with, reads secrets, and makes
// the few changes that plans ask for (snapshots, clones for rehearsals, failovers,
// parameters, DNS records, reports in S3). It answers in the words of package cloud;
// nobody else imports the SDK.
//
// A Client costs nothing until something is asked: no call and no look for
// credentials before that. Regions are given with each call, so one Client serves
// both ends of a move between two clusters, too.
//
// Three rules hold everywhere:
//
//   - What is made has a name that the caller chose. Asked for again after a crash
//     or an answer that never arrived, what is there is found, not made again.
//   - A wait survives a bad minute of the API; only the caller's context ends it.
//   - An error says what was asked of which cluster, and what is missing: for a
//     denied call the IAM action, as a policy statement to paste.
package aws
