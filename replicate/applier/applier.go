package applier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tandem/internal/change"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// Source hands out transactions in the order of the source's binlog.
type Source interface {
	// Next waits for the next transaction, or the next part of one. A ctx that
	// ends while it waits loses nothing.
	Next(ctx context.Context) (*change.Transaction, error)
	// Buffered tells whether Next would not wait.
	Buffered() bool
	// Position is how far Next has come in the source's binlog, by heartbeats and
	// by what it filtered, too.
	Position() change.Offset
}

// Catalog knows the target's tables, and keeps up with the statements that
// change them.
type Catalog interface {
	// Cascades tells whether a change of the table's rows changes rows of other
	// tables by foreign keys.
	Cascades(schema.Name) bool
	// Fingerprints describes tables as they are on the target now.
	Fingerprints(ctx context.Context, tables []schema.Name) (string, error)
	// Refresh reads tables again after a statement has been applied.
	Refresh(ctx context.Context, tables []schema.Name) error
}

// Policy says what happens at a conflict or a statement.
type Policy string

// The policies. Conflicts know stop and record; statements apply, stop and
// ignore.
const (
	Stop   Policy = "stop"
	Record Policy = "record"
	Apply  Policy = "apply"
	Ignore Policy = "ignore"
)

// Config is what an Applier works with.
type Config struct {
	// Link names the checkpoint; Epoch is what [Claim] returned.
	Link  string
	Epoch uint64
	// Connect opens a connection to the target, foreign key checks off.
	Connect   func(context.Context) (*wire.Conn, error)
	Catalog   Catalog
	Admission Admission
	// Lanes is the number of target connections that a large window is divided
	// over; 0 means 2.
	Lanes int
	// OnConflict is Stop or Record, OnStatement Apply, Stop or Ignore.
	OnConflict  Policy
	OnStatement Policy
	Tuning      Tuning
	// Owned tells whether the side that is read owns a table, so that its changes
	// are applied. Those of other tables are breaches. Nil means that it owns all.
	Owned func(schema.Name) bool
	// Expected tells whether a statement on tables that the side does not own is
	// one that the opposite link has applied there.
	Expected func(context.Context, *change.Statement) (bool, error)
	// Crossings takes over the rows that cross. Nil passes over them.
	Crossings Crossings
	Logger    *slog.Logger
	// Hook is called at named points, for tests that break things there.
	Hook func(point string)
}

// Applier writes the transactions of one link to its target.
type Applier struct {
	cfg Config

	// mu guards the lanes and the position. It is held while a window is being
	// executed, and from the first part of a large transaction to its commit.
	mu       sync.Mutex
	lanes    []lane
	seq      uint64
	position change.GTIDSet
	offset   change.Offset
	commit   time.Time
	// unsaved is set when position holds transactions that had nothing to apply
	// and that no checkpoint tells of yet. Transactions that only keep tandem's own
	// books do not set it: two idle links would answer each other for ever.
	unsaved bool
	// inDoubt is set once a COMMIT has not been answered.
	inDoubt bool
	// unfinished is a window of which a crash has left only some lanes.
	unfinished *Unfinished

	// targets maps *schema.Table to *target; two stages use it at once.
	targets sync.Map
	batch   batch
	tx      openTx
	// breached counts the breaches in the transaction at hand.
	breached int64

	progress atomic.Pointer[Progress]
	applied  counters
	retries  int64
}

// lane is one of the connections that a window is divided over. Lane 0 is also
// the one for everything that is done singly.
type lane struct {
	conn *wire.Conn
	head batch
}

// Progress is how far an Applier has come.
type Progress struct {
	Position  change.GTIDSet
	Offset    change.Offset
	Committed time.Time
	// Saved tells whether the checkpoint says the same.
	Saved        bool
	Transactions int64
	Rows         int64
	PassedOver   int64
	Statements   int64
	Conflicts    int64
	Breaches     int64
	// Windows is the number of target transactions (of all lanes together), and
	// Retries how often one had to be tried again.
	Windows int64
	Retries int64
	// Singles is the number of windows that were applied change by change.
	Singles int64
}

// counters count what an Applier has done since it was made.
type counters struct {
	transactions, rows, passed, statements, conflicts, windows, singles, breaches int64
}

// New returns an Applier that goes on from a checkpoint.
func New(cfg Config, from Checkpoint) *Applier {
	if cfg.Hook == nil {
		cfg.Hook = func(string) {}
	}
	if cfg.Admission == nil {
		cfg.Admission = assertAll{}
	}
	if cfg.Lanes <= 0 {
		cfg.Lanes = defaultLanes
	}
	a := &Applier{
		cfg:        cfg,
		lanes:      make([]lane, max(cfg.Lanes, from.lanes())),
		seq:        from.Seq,
		position:   from.Position.Clone(),
		offset:     from.Offset,
		commit:     from.Committed,
		unfinished: from.Unfinished,
	}
	a.publish()
	return a
}

// Progress returns how far the applier has come. It never waits.
func (a *Applier) Progress() Progress { return *a.progress.Load() }

func (a *Applier) publish() {
	a.progress.Store(&Progress{
		Position: a.position.Clone(), Offset: a.offset, Committed: a.commit, Saved: !a.unsaved,
		Transactions: a.applied.transactions, Rows: a.applied.rows, PassedOver: a.applied.passed,
		Statements: a.applied.statements, Conflicts: a.applied.conflicts, Breaches: a.applied.breaches, Windows: a.applied.windows, Singles: a.applied.singles, Retries: a.retries,
	})
}

// defaultLanes is the number of lanes where nothing is said.
const defaultLanes = 2

// Run applies what the source hands out until ctx is done or something fails.
// A position that was passed over lazily is saved before it returns, when ctx
// was the reason.
func (a *Applier) Run(ctx context.Context, src Source) (err error) {
	defer a.cutAll()
	if err := a.finish(ctx, src); err != nil {
		return err
	}
	err = newPipeline(a, src).run(ctx)
	if ctx.Err() != nil {
		err = errors.Join(err, a.saveLast(ctx))
	}
	return err
}

// saveLast saves the position of a stream that is being stopped, within a few
// seconds of its own.
func (a *Applier) saveLast(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return a.Save(ctx)
}

// passOver moves the position past a window that has nothing to apply. The
// checkpoint follows with the next transaction, or lazily: writing it at once
// would let two idle links keep each other busy for ever.
func (a *Applier) passOver(w *window) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, tx := range w.txs {
		a.pass(tx)
	}
	a.publish()
	a.cfg.Admission.Moved(a.offset)
}

// pass takes over the position of a transaction that is done with. One without
// a GTID only tells how far the stream has come.
func (a *Applier) pass(tx *change.Transaction) {
	if a.offset.Compare(tx.End) < 0 || a.offset.File == "" {
		a.offset = tx.End
	}
	if tx.GTID.IsZero() {
		return
	}
	a.position.Add(tx.GTID)
	if !tx.Bookkeeping {
		a.unsaved = true
	}
	if tx.Own || len(tx.Rows) == 0 {
		a.applied.passed++
	}
	if !tx.Committed.IsZero() {
		a.commit = tx.Committed
	}
}

// count adds what a window has done.
func (a *Applier) count(w *window) {
	a.applied.windows++
	a.applied.rows += int64(w.rows)
	for _, tx := range w.txs {
		if !tx.Own && len(tx.Rows) > 0 {
			a.applied.transactions++
		}
	}
}

// Save writes the position to the checkpoint if that says something else. It
// waits for the window that is being executed.
func (a *Applier) Save(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	// What the target holds when the answer to a COMMIT is missing only the next
	// session can find out: a position of before it must not be written over it.
	if !a.unsaved || a.inDoubt {
		return nil
	}
	conn, err := a.connect(ctx)
	if err != nil {
		return err
	}
	s := a.step()
	res, err := conn.Exec(ctx, fmt.Appendf(a.appendStep(nil, 0, s), " AND seq=%d", a.seq))
	if err != nil {
		return fmt.Errorf("save checkpoint of link %s: %w", a.cfg.Link, err)
	}
	if res.Affected != 1 {
		return a.fenced()
	}
	a.seq, a.unsaved = s.seq, false
	a.publish()
	return nil
}

// connect returns the connection of lane 0.
func (a *Applier) connect(ctx context.Context) (*wire.Conn, error) {
	err := a.connectLane(ctx, &a.lanes[0])
	return a.lanes[0].conn, err
}

func (a *Applier) connectLane(ctx context.Context, l *lane) (err error) {
	if l.conn == nil {
		l.conn, err = a.cfg.Connect(ctx)
	}
	return err
}

// cutAll ends what is open by closing the connections: that works in whatever
// state they are.
func (a *Applier) cutAll() {
	for i := range a.lanes {
		if l := &a.lanes[i]; l.conn != nil {
			l.conn.Close()
			l.conn = nil
		}
	}
}

func (a *Applier) target(t *schema.Table) *target {
	if tg, ok := a.targets.Load(t); ok {
		return tg.(*target)
	}
	tg, _ := a.targets.LoadOrStore(t, newTarget(t, a.cfg.Catalog.Cascades(t.Name)))
	return tg.(*target)
}

// forgetTargets is for when tables have changed.
func (a *Applier) forgetTargets() { a.targets.Clear() }
