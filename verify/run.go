package verify

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"

	"tandem/internal/mysqldb"
)

// run is one run of a comparison.
type run struct {
	cfg Config
	dbs [2]*sql.DB
	// facts are what the servers say of themselves.
	facts [2]mysqldb.Facts
	// served tells whether both servers can digest rows, prepared whether they take
	// prepared statements.
	served, prepared bool
	// full is set when all rows are compared, not only those that were asked for.
	full bool
	// listed is set when somebody has named the rows, and their tables must be there.
	listed bool
	// large holds one token, see side.
	large   chan struct{}
	owners  atomic.Pointer[owners]
	warned  atomic.Bool // that who owns what can not be read
	settler *settler
	kept    *kept  // nil if nothing is needed again
	state   *state // nil if nothing is kept
	began   time.Time

	tables []*table
	mu     sync.Mutex
	queue  []*table // not cut to the end

	rows, bytes, estimated            atomic.Int64
	unsettled, mismatches, tablesDone atomic.Int64
	current                           atomic.Pointer[string]
}

// Defaults of a configuration.
const (
	defaultWorkers     = 2
	defaultChunkBytes  = 8 << 20
	defaultChunkTime   = 500 * time.Millisecond
	defaultSettle      = 30 * time.Second
	defaultMaxFindings = 1000
)

func (c Config) withDefaults() Config {
	if c.Workers <= 0 {
		c.Workers = defaultWorkers
	}
	if c.ChunkBytes <= 0 {
		c.ChunkBytes = defaultChunkBytes
	}
	if c.ChunkTime <= 0 {
		c.ChunkTime = defaultChunkTime
	}
	if c.Settle <= 0 {
		c.Settle = defaultSettle
	}
	if c.MaxFindings <= 0 {
		c.MaxFindings = defaultMaxFindings
	}
	if c.Sample <= 0 || c.Sample > 1 {
		c.Sample = 1
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Hook == nil {
		c.Hook = func(string) {}
	}
	return c
}

// Run compares the tables and reports what it found. An error is only what
// stopped it: a server that is away, or the end of ctx.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	r, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.full = true
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	if r.state, err = r.openState(ctx); err != nil {
		return nil, err
	}
	if r.state != nil {
		if err := r.state.begin(ctx, r); err != nil {
			return nil, err
		}
	}
	if err := r.work(ctx, r.compareAll); err != nil {
		return nil, err
	}
	mode := "full"
	if r.cfg.Sample < 1 {
		mode = "sample"
	}
	rep, err := r.report(ctx, mode)
	if err != nil || r.state == nil {
		return rep, err
	}
	if err := r.state.end(ctx); err != nil {
		return nil, err
	}
	if mode == "full" {
		err = r.state.proven(ctx, rep, r.groupOf)
	}
	return rep, err
}

// open connects to both servers.
func open(ctx context.Context, cfg Config) (*run, error) {
	r := &run{cfg: cfg.withDefaults(), began: time.Now(), large: make(chan struct{}, 1)}
	r.settler = newSettler(r)
	for i, e := range []mysqldb.Endpoint{cfg.Source, cfg.Target} {
		db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 2})
		if err != nil {
			r.close()
			return nil, err
		}
		r.dbs[i] = db
		if r.facts[i], err = mysqldb.LoadFacts(ctx, db); err != nil {
			r.close()
			return nil, fmt.Errorf("ask %s about itself: %w", e.Name, err)
		}
	}
	var err error
	if r.served, err = r.canDigest(ctx); err == nil {
		_, err = r.askOwners(ctx)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *run) close() {
	r.state.close()
	for _, db := range r.dbs {
		if db != nil {
			// Nothing is lost with a connection that was only read from.
			_ = db.Close()
		}
	}
}

// canDigest makes sure that both servers know the functions that make a digest:
// SHA2 is NULL on servers built without it. It asks for prepared statements, too.
func (r *run) canDigest(ctx context.Context) (bool, error) {
	const sql = "SELECT IFNULL(CONV(LEFT(SHA2('tandem',256),16),16,10),''), @@GLOBAL.max_prepared_stmt_count"
	var answers [2]string
	r.prepared = true
	for i, db := range r.dbs {
		var most int64
		if err := db.QueryRowContext(ctx, sql).Scan(&answers[i], &most); err != nil {
			return false, fmt.Errorf("ask for a digest: %w", err)
		}
		r.prepared = r.prepared && most > 0
	}
	return answers[0] != "" && answers[0] == answers[1], nil
}

// work runs do beside the settler and the progress, and ends when all three
// have.
func (r *run) work(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var watching sync.WaitGroup
	watched, stop := context.WithCancel(ctx)
	watching.Go(func() { r.watchProgress(watched) })
	if r.state != nil {
		watching.Go(func() { r.state.keep(watched, r) })
	}
	defer watching.Wait()
	defer stop()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.settler.Run(gctx) })
	g.Go(func() error {
		defer r.settler.close()
		return do(gctx)
	})
	err := g.Wait()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// compareAll compares the tables in the queue, several pieces at a time.
func (r *run) compareAll(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range r.cfg.Workers {
		g.Go(func() error {
			w := &worker{run: r, ends: r.newEnds()}
			defer r.giveBack(w.ends)
			for {
				p, err := w.next(ctx)
				if err != nil || p == nil {
					return err
				}
				if !r.sampled(p) {
					p.table.pieceDone(p, [2]digest{}, false)
				} else if err := w.guarded(ctx, p); err != nil {
					return err
				}
				r.finish(p.table)
			}
		})
	}
	return g.Wait()
}

// sampled tells whether a piece belongs to the sample: the first of every table
// does, of the others it depends on their number, the same in every run.
func (r *run) sampled(p *piece) bool {
	if r.cfg.Sample >= 1 || p.ord <= 0 {
		return true
	}
	h := xxhash.Sum64String(fmt.Sprintf("%s %d", p.table.name, p.ord))
	return float64(h>>11)/(1<<53) < r.cfg.Sample
}

// next cuts the next piece off the first table that has one.
func (w *worker) next(ctx context.Context) (*piece, error) {
	r := w.run
	for {
		r.mu.Lock()
		if len(r.queue) == 0 {
			r.mu.Unlock()
			return nil, nil
		}
		t := r.queue[0]
		r.mu.Unlock()
		t.start()
		name := t.name.String()
		r.current.Store(&name)
		var p *piece
		err := w.retry(ctx, func() (err error) {
			p, err = t.next(ctx, w.ends[source], &r.cfg)
			return err
		})
		switch {
		case refused(err):
			t.stop("it can not be read on the source: " + err.Error())
		case err != nil:
			return nil, fmt.Errorf("cut %s: %w", t.name, err)
		case p != nil:
			return p, nil
		}
		r.mu.Lock()
		last := len(r.queue) > 0 && r.queue[0] == t
		if last {
			r.queue = r.queue[1:]
		}
		r.mu.Unlock()
		if last {
			r.ended(t)
		}
	}
}

// ended notes that a table gets no more pieces.
func (r *run) ended(t *table) {
	t.mu.Lock()
	already := t.cutDone
	t.cutDone = true
	if !already {
		t.pending++
	}
	t.mu.Unlock()
	if !already {
		r.finish(t)
	}
}

// guarded compares a piece. A table that the servers will not read is given up,
// the run is not.
func (w *worker) guarded(ctx context.Context, p *piece) error {
	t := p.table
	var err error
	if t.spaces[source] == nil {
		err = w.unkeyed(ctx, t)
	} else {
		err = w.compare(ctx, p)
	}
	if err != nil && refused(err) && ctx.Err() == nil {
		t.stop("it can not be read: " + err.Error())
		return nil
	}
	return err
}

func (t *table) start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		t.began = time.Now()
	}
}

// count adds a compared range to a table's numbers.
func (r *run) count(t *table, d [2]digest) {
	t.mu.Lock()
	t.result.RowsSource += d[source].rows
	t.result.RowsTarget += d[target].rows
	t.result.Bytes += d[source].bytes
	t.result.Chunks++
	t.mu.Unlock()
	r.rows.Add(d[source].rows)
	r.bytes.Add(d[source].bytes)
}

// finish notes that a piece or a candidate of a table is done. The last one ends
// the table.
func (r *run) finish(t *table) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending--
	if t.pending > 0 || !t.cutDone {
		return
	}
	if t.result.Took == 0 {
		t.result.Took = time.Since(t.began)
		r.tablesDone.Add(1)
	}
}
