package applier

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/change"
)

// Checkpoint is where a link stands, as its target keeps it.
type Checkpoint struct {
	Link  string
	Epoch uint64
	// Seq counts the steps of the checkpoint.
	Seq uint64
	// Position holds every source transaction that is applied, or that had
	// nothing to apply.
	Position change.GTIDSet
	// Offset is the place in the source's binlog that belongs to Position. It is
	// for people and for lag in bytes: nothing starts from it.
	Offset change.Offset
	// Committed is when the last applied transaction was committed on the source.
	Committed time.Time
	// Unfinished is set when a crash came between the commits of a window's
	// lanes: Position is the one before that window then.
	Unfinished *Unfinished
}

// Unfinished is a window of which some lanes are applied.
type Unfinished struct {
	Seq   uint64
	Lanes int
	// Done are the lanes that are applied.
	Done map[int]bool
	// End is the position behind the window.
	End change.GTIDSet
}

func (c *Checkpoint) lanes() int {
	if c.Unfinished == nil {
		return 0
	}
	return c.Unfinished.Lanes
}

// ErrNoCheckpoint is returned for a link that was never started.
var ErrNoCheckpoint = errors.New("no checkpoint")

// querier is what *sql.DB, *sql.Conn and *sql.Tx have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// laneRow is one row of _tandem.checkpoint.
type laneRow struct {
	lane, lanes int
	seq         uint64
	base, end   string
	offset      change.Offset
	committed   sql.NullString
}

// LoadCheckpoint reads where a link stands, or returns [ErrNoCheckpoint].
func LoadCheckpoint(ctx context.Context, db querier, link string) (Checkpoint, error) {
	c, err := loadCheckpoint(ctx, db, link)
	if err != nil {
		return c, fmt.Errorf("read checkpoint of link %s: %w", link, err)
	}
	return c, nil
}

func loadCheckpoint(ctx context.Context, db querier, link string) (Checkpoint, error) {
	c := Checkpoint{Link: link}
	rows, err := db.QueryContext(ctx, `SELECT lane, lanes, epoch, seq, base, position, binlog_file, binlog_pos,
 DATE_FORMAT(committed_at, '%Y-%m-%d %H:%i:%s.%f') FROM _tandem.checkpoint WHERE link = ? ORDER BY lane`, link)
	if err != nil {
		return c, err
	}
	defer rows.Close()
	var lanes []laneRow
	for rows.Next() {
		var l laneRow
		if err := rows.Scan(&l.lane, &l.lanes, &c.Epoch, &l.seq, &l.base, &l.end, &l.offset.File, &l.offset.Pos, &l.committed); err != nil {
			return c, err
		}
		lanes = append(lanes, l)
	}
	if err := rows.Err(); err != nil {
		return c, err
	}
	if len(lanes) == 0 {
		return c, ErrNoCheckpoint
	}
	return c, c.fromLanes(lanes)
}

// fromLanes works out the position. Every step is taken by lane 0, and by as
// many others as the step says; lanes that a step did not need stay behind.
func (c *Checkpoint) fromLanes(rows []laneRow) (err error) {
	newest := rows[0]
	for _, r := range rows {
		if r.seq > newest.seq {
			newest = r
		}
	}
	done := map[int]bool{}
	for _, r := range rows {
		if r.seq == newest.seq {
			done[r.lane] = true
		}
	}
	c.Offset = newest.offset
	if newest.committed.Valid {
		c.Committed, _ = time.Parse(time.DateTime, newest.committed.String)
	}
	end, err := change.ParseGTIDSet(newest.end)
	if err != nil {
		return err
	}
	if len(done) >= newest.lanes {
		c.Seq, c.Position = newest.seq, end
		return nil
	}
	c.Seq = newest.seq - 1
	c.Unfinished = &Unfinished{Seq: newest.seq, Lanes: newest.lanes, Done: done, End: end}
	c.Position, err = change.ParseGTIDSet(newest.base)
	return err
}

// maxLanes bounds the lanes of a link; so many rows its checkpoint has.
const maxLanes = 32

// CreateCheckpoint writes the first checkpoint of a link. It fails if the link
// has one.
func CreateCheckpoint(ctx context.Context, db querier, link string, from change.GTIDSet) error {
	for lane := range maxLanes {
		_, err := db.ExecContext(ctx,
			`INSERT INTO _tandem.checkpoint (link, lane, lanes, epoch, seq, base, position) VALUES (?, ?, 1, 0, 0, '', ?)`,
			link, lane, from.String())
		if err != nil {
			return fmt.Errorf("create checkpoint of link %s: %w", link, err)
		}
	}
	return nil
}

// Claim raises the epoch of a link, which fences every replicator that claimed
// it before, and returns the checkpoint as it stands from then on.
func Claim(ctx context.Context, db *sql.DB, link string) (Checkpoint, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("claim link %s: %w", link, err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `UPDATE _tandem.checkpoint SET epoch = epoch + 1 WHERE link = ?`, link); err != nil {
		return Checkpoint{}, fmt.Errorf("claim link %s: %w", link, err)
	}
	c, err := LoadCheckpoint(ctx, tx, link)
	if err != nil {
		return c, err
	}
	if err := tx.Commit(); err != nil {
		return c, fmt.Errorf("claim link %s: %w", link, err)
	}
	return c, nil
}

// step is one move of the checkpoint.
type step struct {
	seq       uint64
	lanes     int
	base, end change.GTIDSet
	offset    change.Offset
	committed time.Time
}

// step returns a step of lane 0 alone, from where the applier stands.
func (a *Applier) step() step {
	return step{seq: a.seq + 1, lanes: 1, base: a.position, end: a.position.Clone(), offset: a.offset, committed: a.commit}
}

// appendStep appends the statement that moves a lane's checkpoint. It must meet
// one row: none means that another replicator has taken over.
func (a *Applier) appendStep(dst []byte, lane int, s step) []byte {
	dst = fmt.Appendf(dst, "UPDATE _tandem.checkpoint SET seq=%d,lanes=%d,base='", s.seq, s.lanes)
	if s.lanes > 1 {
		dst = s.base.AppendText(dst)
	}
	dst = append(dst, "',position='"...)
	dst = s.end.AppendText(dst)
	dst = fmt.Appendf(dst, "',binlog_file='%s',binlog_pos=%d,committed_at=", escape(s.offset.File), s.offset.Pos)
	if s.committed.IsZero() {
		dst = append(dst, "NULL"...)
	} else {
		dst = s.committed.UTC().AppendFormat(dst, "'2006-01-02 15:04:05.000000'")
	}
	return fmt.Appendf(dst, " WHERE link='%s' AND lane=%d AND epoch=%d", escape(a.cfg.Link), lane, a.cfg.Epoch)
}
