package verify

import (
	"context"
	"log/slog"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Link is what a run must know of a link that keeps one side in step with the
// other.
type Link interface {
	// Applied returns every transaction of the side that it reads which the side that
	// it writes has.
	Applied(ctx context.Context) (change.GTIDSet, error)
}

// Config says what is compared, and how.
type Config struct {
	Migration string
	Source    mysqldb.Endpoint
	Target    mysqldb.Endpoint
	// Tables tells which tables are compared, Group which group one belongs to: the
	// groups' records tell which side leads, see owners.go.
	Tables func(schema.Name) bool
	Group  func(schema.Name) string
	// Link is the forward link, Reverse the one that reads the target, without which
	// nothing is decided of tables that the target owns. Both are nil where none runs:
	// the servers are at rest then.
	Link, Reverse Link
	// Sample is the share of the chunks that is compared, above 0 and up to 1. 0
	// is all of them.
	Sample float64
	// Method is empty to have the faster one measured.
	Method Method
	// Workers is the number of chunks that are compared at the same time (2),
	// ChunkBytes and ChunkTime what a chunk should come to (8 MiB, 0.5 s).
	Workers    int
	ChunkBytes int64
	ChunkTime  time.Duration
	// Settle is how long a row may move before it is unresolved (30 s).
	Settle time.Duration
	// MaxFindings bounds the findings that are kept for each table (1000).
	MaxFindings int
	// ShowValues puts values into the report instead of hashes.
	ShowValues bool
	// Fresh forgets an interrupted run instead of going on with it.
	Fresh    bool
	Progress func(Progress)
	// HandedOver is called by a watch when it has seen that a group has another owner.
	HandedOver func()
	Logger     *slog.Logger
	// Hook is called at named points, for tests that break things there.
	Hook func(point string)
}

// Progress is how far a run is. It is handed out about twice a second.
type Progress struct {
	TablesDone, Tables int
	Rows               int64 // compared, of the source
	Bytes              int64
	RowsEstimated      int64
	Unsettled          int // rows that are being looked at again
	Mismatches         int64
	Table              string // one that is being compared
}
