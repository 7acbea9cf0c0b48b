// Package retention tells how long it takes until a server purges binlogs that a
// link still needs.
//
// A server purges a binlog file once the last write to it is older than its
// retention. The file in which a link's position stands was last written to at
// that position or later. So the file lives for at least
//
//	commit time of the position + retention
//
// and what is left of that is what [Left] says: less than the truth by as much as
// the file was written to afterwards, never more. A position with nothing behind
// it is in the newest file, which is not purged: what is left is the whole
// retention, counted from when that was seen.
//
// Retention is not one number. Plain servers have binlog_expire_logs_seconds, or
// expire_logs_days; Cloud SQL takes the lesser of that and the instance's
// transactionLogRetentionDays; Aurora has its own setting in hours, and without it
// purges as soon as it likes.
package retention
