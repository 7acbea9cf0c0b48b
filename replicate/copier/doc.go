// Package copier copies the rows that are there before the stream begins, while
// the source is written to: without locks, without long transactions, and in
// pieces that survive a kill.
//
// A table's key space is cut into chunks. What the applier does with a change
// depends on the state of the chunk that the changed row's key is in:
//
//	          begin                 written             committed
//	pending ─────────► reading ───────────────► writing ─────────► done
//	   │                  ▲ │                      │                  │
//	left out              │ └── applied, forgiving;│waits        applied, asserted
//	(the SELECT           │     the key is struck  │
//	will bring it)        └──── locks in the way ◄─┘
//
// Where in the stream a chunk is, is known exactly:
//
//  1. The chunk begins at a transaction boundary of the applier. Let W be every
//     transaction of which something was left out until then.
//  2. The SELECT waits until the source's gtid_executed holds W. A binlog event
//     can reach a reader before its row can be seen, so without this wait a
//     change that was left out could be missing from the SELECT, too. (Before
//     MySQL 5.7 that alone does not help: settle.go.)
//  3. The chunk is read with one plain SELECT into memory. Changes of its keys
//     that the stream brings meanwhile are applied at once (inserted or
//     replaced; deleted if there), and their keys are struck from the chunk.
//  4. H is the end of the source's binlog after the SELECT. A row can be seen
//     before its transaction is in gtid_executed, but never before it is in the
//     binlog: H bounds everything that the SELECT can have seen.
//  5. When the stream has applied everything before H, what is left of the chunk
//     is exactly what the source held at the stream's present position.
//  6. The rest is written in one target transaction, together with the mark that
//     the chunk is done. Changes of its keys wait for that commit, and only they.
//
// Since a chunk is written at one exact position of the stream, the target never
// holds two rows that the source did not hold together: secondary unique keys
// can not collide.
//
// # Keys that cannot be compared here
//
// Strings under a collation, decimals and floats are compared by servers only.
// While such a table is being copied its changes are applied forgivingly
// wherever their chunk stands, and wait while one of its chunks is written. The
// target settles which rows of a chunk are outdated: a row that is there wins
// over the chunk's (duplicates are left out), and a struck key that is not there
// is deleted again after the chunk is loaded.
//
// # Foreign keys that change rows unseen
//
// Sources before MySQL 9.6 do not log what a foreign key's cascade changes. The
// target repeats the cascade itself then, which is right for rows that it has:
// parents are copied before children begin, and a parent's change makes chunks
// of its children that are being read start again. Families that refer to
// themselves in a circle, and tables without a key, are copied from a snapshot
// during which their changes wait (snapshot.go).
//
// # Indexes
//
// A table that tandem has made has its primary and unique keys and what foreign
// keys need, no more. Its other indexes are made when its rows are there, by one
// ALTER TABLE, one table after another, and then it is analyzed:
//
//	all chunks written             indexes there, analyzed
//	copying ───────────► indexing ────────────────────────► done
//
// Changes of rows are applied meanwhile as if the table was done. A statement
// about the table waits for its indexes, wherever its copy stands (indexing.go).
//
// # Resuming
//
// Chunks that are marked done stay. Every other range is cleared on the target
// before the stream goes on, since changes may have been applied there, and is
// pending again.
package copier
