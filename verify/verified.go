package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"tandem/internal/change"
	"tandem/internal/chunk"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Verified is what has been proven about a table: that all its rows were equal,
// but for the mismatches, as far as the transactions up to a position in each
// side's log had changed them.
type Verified struct {
	Table schema.Name
	// Position is that in the source's log, Target that in the target's, where Known
	// is set: it was not always kept.
	Position, Target change.GTIDSet
	Known            bool
	// Epoch is the table's group's, under which the positions were true: while it
	// lasts, only the owner's log has touched rows. 0 is none.
	Epoch      uint64
	Pending    int64
	Mismatches int64
	// FullAt is when the last full comparison ended, At when the position moved.
	FullAt time.Time
	At     time.Time

	// doubtful are rows that were not equal when they were compared last: they are
	// compared again with those that are touched. unlisted is how many mismatches
	// are not among them.
	doubtful []chunk.Key
	unlisted int64
}

// reads tells of which logs the rows behind the positions are to be compared. ok is
// not set where a position is needed that is not known.
func (v *Verified) reads(led leader) (logs [2]bool, ok bool) {
	both := led.epoch != 1 && (v.Epoch != led.epoch || led.epoch == 0)
	logs = [2]bool{source: both || led.side == source, target: both || led.side == target}
	return logs, v.Known || !logs[target]
}

// Spans tells whether what is proven can be brought up to date under an epoch of the
// table's group without comparing all rows.
func (v *Verified) Spans(epoch uint64) bool { return epoch <= 1 || v.Known }

// at is the position in a side's log.
func (v *Verified) at(side int) *change.GTIDSet {
	if side == target {
		return &v.Target
	}
	return &v.Position
}

// take takes over what a comparison has found.
func (v *Verified) take(t *TableResult) {
	v.doubtful = nil
	c := t.Counts
	found := c.Missing + c.Extra + c.Different + c.CollationOnly
	listed := int64(0)
	for _, f := range t.Findings {
		if f.key == nil {
			continue
		}
		v.doubtful = append(v.doubtful, f.key)
		listed++
	}
	// Those that were not listed are not compared again by themselves. Where some of
	// them were unresolved it is not known that they differ, nor that they do not.
	found += c.Unresolved
	v.unlisted += found - listed
	v.Mismatches = v.unlisted + listed - c.Unresolved
	v.Pending = c.Unresolved
}

// ReadVerified returns what has been proven about the tables of a migration, from
// its target.
func ReadVerified(ctx context.Context, db *sql.DB, migration string) ([]Verified, error) {
	rows, err := db.QueryContext(ctx, `SELECT table_schema, table_name, position, target_position, epoch, pending, mismatches, unlisted, doubtful,
 DATE_FORMAT(full_at,'%Y-%m-%dT%H:%i:%s.%fZ'), DATE_FORMAT(verified_at,'%Y-%m-%dT%H:%i:%s.%fZ')
 FROM _tandem.verified WHERE migration=? ORDER BY table_schema, table_name`, migration)
	if mysqldb.IsNoSuchTable(err) {
		return nil, nil // nothing was ever compared
	}
	if err != nil {
		if late, lateErr := lateColumns(ctx, db); lateErr == nil && len(late) > 0 {
			return nil, nil // it was kept before there were handovers
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read what has been verified: %w", err)
	}
	defer rows.Close()
	var out []Verified
	for rows.Next() {
		var v Verified
		var position, doubtful, full, at string
		var other sql.NullString
		if err := rows.Scan(&v.Table.Schema, &v.Table.Table, &position, &other, &v.Epoch, &v.Pending, &v.Mismatches, &v.unlisted, &doubtful, &full, &at); err != nil {
			return nil, fmt.Errorf("read what has been verified: %w", err)
		}
		v.Known = other.Valid
		if v.Target, err = change.ParseGTIDSet(other.String); err == nil {
			v.Position, err = change.ParseGTIDSet(position)
		}
		if err == nil {
			if v.FullAt, err = time.Parse(time.RFC3339Nano, full); err == nil {
				v.At, err = time.Parse(time.RFC3339Nano, at)
			}
		}
		if err == nil {
			v.doubtful, err = decodeKeys(doubtful)
		}
		if err != nil {
			return nil, fmt.Errorf("read what has been verified of %s: %w", v.Table, err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// proven notes what a full comparison has proven: for the transactions that both
// sides had executed when it began.
func (s *state) proven(ctx context.Context, rep *Report, group func(schema.Name) string) error {
	for i := range rep.Tables {
		t := &rep.Tables[i]
		v := Verified{Table: schema.Name{Schema: t.Schema, Table: t.Table}, Position: s.at[source], Target: s.at[target], Known: !s.half}
		if !s.resumed {
			v.Epoch = s.owners.of(group(v.Table)).epoch
		}
		if t.Skipped != "" {
			if err := s.unproven(ctx, v.Table); err != nil {
				return err
			}
			continue
		}
		v.take(t)
		_, err := s.db.ExecContext(ctx, `REPLACE INTO _tandem.verified
 (migration, table_schema, table_name, position, target_position, epoch, pending, mismatches, unlisted, doubtful, full_at, verified_at)
 VALUES (?,?,?,?,?,?,?,?,?,?,UTC_TIMESTAMP(6),UTC_TIMESTAMP(6))`,
			s.migration, t.Schema, t.Table, v.Position.String(), v.targetText(), v.Epoch, v.Pending, v.Mismatches, v.unlisted, encodeKeys(v.doubtful))
		if err != nil {
			return fmt.Errorf("note what has been verified of %s: %w", v.Table, err)
		}
	}
	return nil
}

// targetText is the target's position as it is kept.
func (v *Verified) targetText() sql.NullString {
	return sql.NullString{String: v.Target.String(), Valid: v.Known}
}

// moved notes what is proven of tables now.
func (s *state) moved(ctx context.Context, proven map[schema.Name]Verified) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("note what has been verified: %w", err)
	}
	for name, v := range proven {
		_, err := tx.ExecContext(ctx, `UPDATE _tandem.verified SET position=?, target_position=?, epoch=?, pending=?, mismatches=?, unlisted=?, doubtful=?, verified_at=UTC_TIMESTAMP(6)
 WHERE migration=? AND table_schema=? AND table_name=?`, v.Position.String(), v.targetText(), v.Epoch, v.Pending, v.Mismatches, v.unlisted, encodeKeys(v.doubtful), s.migration, name.Schema, name.Table)
		if err != nil {
			return errors.Join(fmt.Errorf("note what has been verified of %s: %w", name, err), tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("note what has been verified: %w", err)
	}
	return nil
}

// unproven notes that nothing is proven about a table any more.
func (s *state) unproven(ctx context.Context, name schema.Name) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM _tandem.verified WHERE migration=? AND table_schema=? AND table_name=?", s.migration, name.Schema, name.Table)
	if err != nil {
		return fmt.Errorf("note that %s is not verified: %w", name, err)
	}
	return nil
}

func encodeKeys(keys []chunk.Key) string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = chunk.EncodeKey(k)
	}
	return strings.Join(all, ";")
}

func decodeKeys(text string) ([]chunk.Key, error) {
	if text == "" {
		return nil, nil
	}
	var keys []chunk.Key
	for part := range strings.SplitSeq(text, ";") {
		k, err := chunk.DecodeKey(part)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}
