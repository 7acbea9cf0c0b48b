package copier

import (
	"context"
	"fmt"
	"strconv"

	"tandem/internal/chunk"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// Tables are the statements that create what the copier keeps on the target,
// next to the data.
var Tables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.copy (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_schema varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  epoch bigint unsigned NOT NULL,
  state varchar(16) CHARACTER SET ascii NOT NULL,
  rows_estimated bigint unsigned NOT NULL DEFAULT 0,
  bytes_estimated bigint unsigned NOT NULL DEFAULT 0,
  started_at datetime(3) NULL,
  ended_at datetime(3) NULL,
  PRIMARY KEY (link, table_schema, table_name)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.chunk (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_schema varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  ord bigint unsigned NOT NULL,
  lower_key longtext CHARACTER SET ascii NOT NULL,
  upper_key longtext CHARACTER SET ascii NOT NULL,
  row_count bigint unsigned NOT NULL,
  byte_count bigint unsigned NOT NULL,
  done_at datetime(3) NOT NULL,
  PRIMARY KEY (link, table_schema, table_name, ord)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.deferred (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_schema varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  indexes longtext CHARACTER SET utf8mb4 NOT NULL,
  PRIMARY KEY (link, table_schema, table_name)
) ENGINE=InnoDB`,
}

// The states of a row in _tandem.copy.
const (
	stateWaiting  = "waiting"
	stateCopying  = "copying"
	stateIndexing = "indexing" // all rows are there
	stateDone     = "done"
)

// where appends the condition that finds a table's rows in both tables.
func (c *Copier) where(dst []byte, name schema.Name) []byte {
	dst = append(dst, " WHERE link="...)
	dst = appendText(dst, c.cfg.Link)
	dst = append(dst, " AND table_schema="...)
	dst = appendText(dst, name.Schema)
	dst = append(dst, " AND table_name="...)
	return appendText(dst, name.Table)
}

// appendText appends a literal of tandem's own: sessions have binary literals,
// which these columns take as they are.
func appendText(dst []byte, text string) []byte {
	return schema.AppendLiteral(dst, &schema.Column{Kind: schema.Text}, []byte(text))
}

// appendMark appends the statement that marks a segment as done. It is the first
// of the transaction that writes the rows: that makes the transaction known as
// tandem's own, and it holds a shared lock on the table's row in _tandem.copy,
// so that nobody can take the link over before the transaction has ended. It
// must meet one row: none means that somebody has.
func (c *Copier) appendMark(dst []byte, t *table, s *segment, rows, bytes int64) []byte {
	dst = append(dst, "INSERT INTO _tandem.chunk (link,table_schema,table_name,ord,lower_key,upper_key,row_count,byte_count,done_at)"+
		" SELECT link,table_schema,table_name,"...)
	dst = strconv.AppendUint(dst, s.ord, 10)
	dst = append(dst, ',')
	dst = appendText(dst, chunk.EncodeKey(s.Lower))
	dst = append(dst, ',')
	dst = appendText(dst, chunk.EncodeKey(s.Upper))
	dst = fmt.Appendf(dst, ",%d,%d,UTC_TIMESTAMP(3) FROM _tandem.copy", rows, bytes)
	dst = c.where(dst, t.name)
	return fmt.Appendf(dst, " AND epoch=%d LOCK IN SHARE MODE", c.cfg.Epoch)
}

// marked tells whether a segment is marked as done. A transaction that is still
// under way is waited for.
func (c *Copier) marked(ctx context.Context, conn *wire.Conn, t *table, s *segment) (bool, error) {
	sql := c.where([]byte("SELECT 1 FROM _tandem.chunk"), t.name)
	sql = fmt.Appendf(sql, " AND ord=%d FOR UPDATE", s.ord)
	row, err := conn.One(ctx, sql)
	if err != nil {
		return false, fmt.Errorf("look for the mark of %s: %w", t.describe(s), err)
	}
	return row != nil, nil
}

// setState records how far a table is.
func (c *Copier) setState(ctx context.Context, conn *wire.Conn, t *table, state string) error {
	sql := []byte("UPDATE _tandem.copy SET state='" + state + "'")
	if state == stateCopying {
		sql = fmt.Appendf(sql, ",started_at=IFNULL(started_at,UTC_TIMESTAMP(3)),rows_estimated=%d,bytes_estimated=%d", t.rowsEstimated, t.bytesEstimated)
	} else if state == stateDone {
		sql = append(sql, ",ended_at=UTC_TIMESTAMP(3)"...)
	}
	sql = c.where(sql, t.name)
	sql = fmt.Appendf(sql, " AND epoch=%d", c.cfg.Epoch)
	res, err := conn.Exec(ctx, sql)
	if err != nil {
		return fmt.Errorf("record the state of %s: %w", t.name, err)
	}
	if res.Affected == 0 {
		return fmt.Errorf("record the state of %s: %w", t.name, ErrFenced)
	}
	return nil
}

func (t *table) describe(s *segment) string {
	if t.space == nil {
		return t.name.String()
	}
	return t.name.String() + " " + t.space.Format(s.Range)
}
