package binlog

import (
	"log/slog"
	"os"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Tables knows the replicated tables as they are at the position of the
// stream. It is asked at every table map, in the goroutine that calls
// [Reader.Next]: a statement that Next has handed out is applied by then.
type Tables interface {
	// Table returns the table, or false if it is not replicated.
	Table(schema.Name) (*schema.Table, bool)
}

// Config is what a [Reader] needs. Zero values of the numbers and durations
// mean the defaults.
type Config struct {
	Endpoint mysqldb.Endpoint
	// ServerID must differ from that of every server and replica around.
	ServerID uint32
	Tables   Tables
	// Replicated tells whether a table is replicated by its name, whether it
	// exists yet or not: CREATE TABLE and RENAME are judged by it.
	Replicated func(schema.Name) bool
	// ReplicatedSchema tells whether a schema may hold replicated tables. Nil
	// means that every schema but the system's and tandem's own may.
	ReplicatedSchema func(string) bool
	// MemoryBudget is how many bytes of events are held in memory before the
	// rest goes to a file in SpoolDir (the system's temporary directory if empty).
	MemoryBudget int64
	SpoolDir     string
	// PartBytes is the size from which a transaction comes in parts.
	PartBytes int
	Logger    *slog.Logger
	// HeartbeatPeriod is how often an idle server says where it is. It must be
	// shorter than half of ReadTimeout, after which the connection is given up.
	HeartbeatPeriod time.Duration
	ReadTimeout     time.Duration
	// NetWriteTimeout is how long the server waits for us to read.
	NetWriteTimeout time.Duration
	// ConnectTimeout bounds the connection's set-up.
	ConnectTimeout time.Duration
}

// The defaults.
const (
	defaultMemoryBudget    = 32 << 20
	defaultPartBytes       = 4 << 20
	defaultHeartbeat       = time.Second
	defaultReadTimeout     = 20 * time.Second
	defaultNetWriteTimeout = time.Hour
	defaultConnectTimeout  = 15 * time.Second
)

func (c Config) withDefaults() Config {
	if c.MemoryBudget <= 0 {
		c.MemoryBudget = defaultMemoryBudget
	}
	if c.SpoolDir == "" {
		c.SpoolDir = os.TempDir()
	}
	if c.PartBytes <= 0 {
		c.PartBytes = defaultPartBytes
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.HeartbeatPeriod = orDefault(c.HeartbeatPeriod, defaultHeartbeat)
	c.ReadTimeout = orDefault(c.ReadTimeout, defaultReadTimeout)
	// A quiet server must have spoken twice before it is taken for dead.
	c.HeartbeatPeriod = min(c.HeartbeatPeriod, c.ReadTimeout/3)
	c.NetWriteTimeout = orDefault(c.NetWriteTimeout, defaultNetWriteTimeout)
	c.ConnectTimeout = orDefault(c.ConnectTimeout, defaultConnectTimeout)
	if c.ReplicatedSchema == nil {
		c.ReplicatedSchema = func(s string) bool { return !systemSchema(s) }
	}
	return c
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}
