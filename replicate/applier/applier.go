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
	// OnConflict is Stop or Record, OnStatement Apply, Stop or Ignore.
	OnConflict  Policy
	OnStatement Policy
	Logger      *slog.Logger
	// Hook is called at named points, for tests that break things there.
	Hook func(point string)
}

// Applier writes the transactions of one link to its target.
type Applier struct {
	cfg Config

	// mu guards the connection and the position. It is held from the first part
	// of a transaction to its commit.
	mu       sync.Mutex
	conn     *wire.Conn
	position change.GTIDSet
	offset   change.Offset
	commit   time.Time
	// unsaved is set when position holds transactions that had nothing to apply
	// and that no checkpoint tells of yet.
	unsaved bool

	targets map[*schema.Table]*target
	batch   batch
	tx      openTx

	progress atomic.Pointer[Progress]
	applied  Counters
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
}

// Counters count what an Applier has done since it was made.
type Counters struct {
	transactions, rows, passed, statements, conflicts int64
}

// New returns an Applier that goes on from a checkpoint.
func New(cfg Config, from Checkpoint) *Applier {
	if cfg.Hook == nil {
		cfg.Hook = func(string) {}
	}
	if cfg.Admission == nil {
		cfg.Admission = assertAll{}
	}
	a := &Applier{
		cfg:      cfg,
		position: from.Position.Clone(),
		offset:   from.Offset,
		commit:   from.Committed,
		targets:  map[*schema.Table]*target{},
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
		Statements: a.applied.statements, Conflicts: a.applied.conflicts,
	})
}

// Run applies what the source hands out until ctx is done or something fails.
// The position that was passed over lazily is saved before it returns, when
// ctx was the reason.
func (a *Applier) Run(ctx context.Context, src Source) (err error) {
	defer func() {
		if ctx.Err() != nil {
			err = errors.Join(err, a.saveLast(ctx))
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.conn != nil {
			a.conn.Close()
			a.conn = nil
		}
	}()
	for {
		tx, err := a.next(ctx, src)
		if err != nil {
			a.abandon()
			return err
		}
		err = a.take(ctx, tx)
		tx.Release()
		if err != nil {
			return err
		}
	}
}

// idle is how long the stream must be still before its offset is taken over
// from heartbeats, and saveAfter before a position that was passed over is
// saved.
const (
	idle      = 50 * time.Millisecond
	saveAfter = time.Second
)

// next waits for a transaction. While there is none, everything that was handed
// out is applied: the time to take over where the stream is.
func (a *Applier) next(ctx context.Context, src Source) (*change.Transaction, error) {
	for since := time.Now(); ; {
		if src.Buffered() || a.tx.open {
			return src.Next(ctx)
		}
		wait, cancel := context.WithTimeout(ctx, idle)
		tx, err := src.Next(wait)
		expired := err != nil && wait.Err() != nil && ctx.Err() == nil
		cancel()
		if !expired {
			return tx, err
		}
		a.reached(src.Position())
		if time.Since(since) >= saveAfter {
			if err := a.Save(ctx); err != nil {
				return nil, err
			}
			since = time.Now()
		}
	}
}

// saveLast saves the position of a stream that is being stopped, within a few
// seconds of its own.
func (a *Applier) saveLast(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return a.Save(ctx)
}

// take applies one transaction or a part of one.
func (a *Applier) take(ctx context.Context, tx *change.Transaction) error {
	switch {
	case tx.Statement != nil:
		return a.takeStatement(ctx, tx)
	case !a.tx.open && tx.First && tx.Last && (tx.Own || len(tx.Rows) == 0):
		a.passOver(tx)
		return nil
	}
	return a.takeRows(ctx, tx)
}

// passOver moves the position past a transaction that has nothing to apply.
// The checkpoint follows with the next transaction, or lazily: writing it at
// once would let two idle links keep each other busy for ever.
func (a *Applier) passOver(tx *change.Transaction) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.moved(tx)
	a.unsaved = true
	a.applied.passed++
	a.publish()
	a.cfg.Admission.Moved(tx.End)
}

// moved takes over the position of a transaction that is done with.
func (a *Applier) moved(tx *change.Transaction) {
	a.position.Add(tx.GTID)
	a.offset = tx.End
	if !tx.Committed.IsZero() {
		a.commit = tx.Committed
	}
}

// reached takes over an offset that the stream came to without a transaction.
func (a *Applier) reached(to change.Offset) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.offset.Compare(to) >= 0 {
		return
	}
	a.offset = to
	a.publish()
	a.cfg.Admission.Moved(to)
}

// Save writes the position to the checkpoint if it says something else. A
// caller that holds chunk states still may call it: it waits only for the
// transaction that is being applied.
func (a *Applier) Save(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.unsaved {
		return nil
	}
	conn, err := a.connect(ctx)
	if err != nil {
		return err
	}
	res, err := conn.Exec(ctx, a.appendCheckpoint(nil, a.position, a.offset, a.commit))
	if err != nil {
		return fmt.Errorf("save checkpoint of link %s: %w", a.cfg.Link, err)
	}
	if res.Affected != 1 {
		return a.fenced()
	}
	a.unsaved = false
	a.publish()
	return nil
}

func (a *Applier) connect(ctx context.Context) (*wire.Conn, error) {
	if a.conn != nil {
		return a.conn, nil
	}
	conn, err := a.cfg.Connect(ctx)
	if err != nil {
		return nil, err
	}
	a.conn = conn
	return conn, nil
}

func (a *Applier) target(t *schema.Table) *target {
	tg, ok := a.targets[t]
	if !ok {
		tg = newTarget(t, a.cfg.Catalog.Cascades(t.Name))
		a.targets[t] = tg
	}
	return tg
}

// appendCheckpoint appends the statement that moves the checkpoint. It must
// meet one row: none means that another replicator has taken over.
func (a *Applier) appendCheckpoint(dst []byte, pos change.GTIDSet, off change.Offset, committed time.Time) []byte {
	dst = append(dst, "UPDATE _tandem.checkpoint SET position='"...)
	dst = pos.AppendText(dst)
	dst = fmt.Appendf(dst, "',binlog_file='%s',binlog_pos=%d,committed_at=", escape(off.File), off.Pos)
	if committed.IsZero() {
		dst = append(dst, "NULL"...)
	} else {
		dst = committed.UTC().AppendFormat(dst, "'2006-01-02 15:04:05.000000'")
	}
	return fmt.Appendf(dst, " WHERE link='%s' AND lane=0 AND epoch=%d", escape(a.cfg.Link), a.cfg.Epoch)
}
