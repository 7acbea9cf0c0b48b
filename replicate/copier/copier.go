package copier

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate/applier"
)

// Config is what a Copier works with.
type Config struct {
	// Link names the rows in _tandem.copy and _tandem.chunk; Epoch is the one that
	// the link was claimed with.
	Link  string
	Epoch uint64
	// Source is read, Target written. Source must be the server whose binlog the
	// stream reads: a replica's binlog ends elsewhere.
	Source mysqldb.Endpoint
	Target mysqldb.Endpoint
	// Tables are to be copied, in this order as far as foreign keys allow.
	Tables []*schema.Table
	// Lookup returns a table's definition as of now, after a statement changed it.
	Lookup func(schema.Name) (*schema.Table, bool)
	// From is the position that the stream starts from.
	From change.GTIDSet
	// Position returns how far the stream is applied.
	Position func() change.GTIDSet
	// CascadesLogged is set for sources that write what foreign keys change into
	// their binlog (MySQL 9.6 and later).
	CascadesLogged bool
	// ExecutedEarly is set for sources whose gtid_executed is ahead of what a
	// SELECT sees (before MySQL 5.7).
	ExecutedEarly bool

	// Workers is the number of chunks that are read at the same time, and of those
	// that are written (4).
	Workers int
	// Memory bounds the rows held in memory (64 MiB). Rows of more than 4 MB, of
	// one chunk at a time, are held besides.
	Memory int64
	// ChunkBytes and ChunkTime are what a chunk should come to (6 MiB, 0.5 s).
	ChunkBytes int64
	ChunkTime  time.Duration
	// NoJSONTable asks for the types of JSON values one by one, as on servers before
	// 8.0, even where JSON_TABLE would tell them.
	NoJSONTable bool
	// NoLoadData writes with INSERT even where LOAD DATA LOCAL would work.
	NoLoadData bool
	// Throttle returns why copying should pause, or nothing. It is asked often, and
	// never waits.
	Throttle func() (reason string)
	// Hook is called at named points, for tests that break things there: snapshot,
	// begin, after-select, before-write, mid-write, before-commit, after-commit,
	// index, indexed.
	Hook   func(point string)
	Logger *slog.Logger
}

// Copier copies tables beside a running stream. It is the applier's Admission.
type Copier struct {
	cfg       Config
	chunkCap  int64
	loadData  bool
	binlogSQL atomic.Pointer[string]
	sources   *pool
	targets   *pool
	// settler is nil where gtid_executed can be trusted.
	settler *settler
	memory  *semaphore.Weighted
	blocks  blocks
	// large is held by the one chunk that may hold rows of any size.
	large chan struct{}

	finished atomic.Bool

	mu     sync.Mutex
	wake   chan struct{} // closed, and replaced, whenever a state has changed
	tables []*table
	byName map[schema.Name]*table
	// applying is set from the applier's Begin to its End: chunks neither begin
	// nor are written in between. A failed transaction leaves it set for good.
	applying bool
	offset   change.Offset
	flips    []*flip
	// leftOut is every transaction whose changes a chunk that begins now must
	// find in its SELECT.
	leftOut change.GTIDSet
	// inFlight and writing count chunks, snapshots the snapshots that wait for the
	// stream.
	inFlight, writing, snapshots int
	// out is what Begin returns, used again.
	out []applier.Admitted
}

// New returns a Copier. Prepare must be called before it is used.
func New(cfg Config) *Copier {
	if cfg.Workers <= 0 {
		cfg.Workers = 4
	}
	if cfg.Memory <= 0 {
		cfg.Memory = 64 << 20
	}
	if cfg.ChunkBytes <= 0 {
		cfg.ChunkBytes = 6 << 20
	}
	if cfg.ChunkTime <= 0 {
		cfg.ChunkTime = 500 * time.Millisecond
	}
	if cfg.Hook == nil {
		cfg.Hook = func(string) {}
	}
	if cfg.Throttle == nil {
		cfg.Throttle = func() string { return "" }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Copier{
		cfg:      cfg,
		chunkCap: max(cfg.Memory/int64(cfg.Workers), blockSize),
		memory:   semaphore.NewWeighted(cfg.Memory),
		blocks:   make(blocks, cfg.Memory/blockSize),
		large:    make(chan struct{}, 1),
		wake:     make(chan struct{}),
		byName:   map[schema.Name]*table{},
		leftOut:  cfg.From.Clone(),
	}
	c.cfg.ChunkBytes = min(cfg.ChunkBytes, c.chunkCap*2/3)
	c.sources = newPool(cfg.Workers+1, c.connectSource)
	c.targets = newPool(cfg.Workers+1, c.connectTarget)
	if cfg.ExecutedEarly {
		c.settler = newSettler(&c.cfg)
	}
	for _, t := range cfg.Tables {
		c.addTable(t)
	}
	return c
}

func (c *Copier) addTable(def *schema.Table) {
	t := newTable(def)
	c.tables = append(c.tables, t)
	c.byName[def.Name] = t
}

// changed wakes whoever waits for a change of state. c.mu is held.
func (c *Copier) changed() {
	close(c.wake)
	c.wake = make(chan struct{})
}

// wait waits for the next change of state. c.mu is held, and let go meanwhile.
func (c *Copier) wait(ctx context.Context) error {
	wake := c.wake
	c.mu.Unlock()
	defer c.mu.Lock()
	select {
	case <-wake:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
