package replicate

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/mysqldb"
)

// Breach is a change on a side that does not own the table: kept, never applied.
type Breach struct {
	ID   uint64    `json:"id"`
	Link Direction `json:"link"` // which has read it
	Seen time.Time `json:"seen"`
	GTID string    `json:"gtid"`
	// Table is schema.table.
	Table     string `json:"table"`
	Operation string `json:"operation"` // insert, update, delete, statement
	// Before and After are the row's images by column, values that are no text in
	// hexadecimal behind 0x; Statement is the text of DDL.
	Before    map[string]*string `json:"before,omitempty"`
	After     map[string]*string `json:"after,omitempty"`
	Statement string             `json:"statement,omitempty"`
}

// settledTable holds what somebody has settled: nothing of it is ever lost. The
// numbers of breaches may come again, since servers before 8.0 forget which they
// have given.
const settledTable = `CREATE TABLE IF NOT EXISTS _tandem.breach_settled (
  n bigint unsigned NOT NULL AUTO_INCREMENT,
  settled_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  settled_by varchar(255) CHARACTER SET utf8mb4 NOT NULL,
  because text CHARACTER SET utf8mb4 NOT NULL,
  id bigint unsigned NOT NULL,
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  gtid varchar(128) CHARACTER SET ascii NOT NULL,
  table_name varchar(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  operation varchar(16) CHARACTER SET ascii NOT NULL,
  before_image longtext CHARACTER SET utf8mb4,
  after_image longtext CHARACTER SET utf8mb4,
  statement longtext CHARACTER SET utf8mb4,
  seen_at timestamp NULL,
  PRIMARY KEY (n)
) ENGINE=InnoDB`

const breachColumns = "id,link,gtid,table_name,operation,before_image,after_image,statement,seen_at"

// Breaches returns the open breaches that links have kept on a side, the oldest
// first, no more than limit.
func Breaches(ctx context.Context, db *sql.DB, migration string, limit int) ([]Breach, error) {
	rows, err := db.QueryContext(ctx, "SELECT id,link,UNIX_TIMESTAMP(seen_at),gtid,table_name,operation,before_image,after_image,statement FROM _tandem.breach WHERE link IN (?,?) ORDER BY id LIMIT ?",
		migration+"/"+string(Forward), migration+"/"+string(Reverse), limit)
	if mysqldb.IsNoSuchTable(err) {
		return nil, nil // no link has ever run
	}
	if err != nil {
		return nil, fmt.Errorf("list breaches: %w", err)
	}
	defer rows.Close()
	var list []Breach
	for rows.Next() {
		var b Breach
		var link string
		var seen float64
		var before, after, statement sql.NullString
		if err := rows.Scan(&b.ID, &link, &seen, &b.GTID, &b.Table, &b.Operation, &before, &after, &statement); err != nil {
			return nil, fmt.Errorf("list breaches: %w", err)
		}
		b.Link, b.Seen, b.Statement = Direction(link[strings.LastIndexByte(link, '/')+1:]), time.Unix(int64(seen), 0).UTC(), statement.String
		for _, image := range []struct {
			text sql.NullString
			into *map[string]*string
		}{{before, &b.Before}, {after, &b.After}} {
			if !image.text.Valid {
				continue
			}
			if err := json.Unmarshal([]byte(image.text.String), image.into); err != nil {
				return nil, fmt.Errorf("list breaches: read the image of number %d: %w", b.ID, err)
			}
		}
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list breaches: %w", err)
	}
	return list, nil
}

// OpenBreaches returns the numbers of all open breaches that are kept on a side.
func OpenBreaches(ctx context.Context, db *sql.DB, migration string) (ids []uint64, err error) {
	rows, err := db.QueryContext(ctx, "SELECT id FROM _tandem.breach WHERE link IN (?,?) ORDER BY id",
		migration+"/"+string(Forward), migration+"/"+string(Reverse))
	if mysqldb.IsNoSuchTable(err) {
		return nil, nil // no link has ever run
	}
	if err != nil {
		return nil, fmt.Errorf("list breaches: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uint64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list breaches: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list breaches: %w", err)
	}
	return ids, nil
}

// settleAtOnce is how many breaches one transaction settles.
const settleAtOnce = 1000

// SettleBreaches takes breaches off the list of a side, because somebody has looked
// at them and says why they are no matter any more. They are kept in
// _tandem.breach_settled. It returns how many were open.
func SettleBreaches(ctx context.Context, db *sql.DB, migration string, ids []uint64, by, because string) (settled int64, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	if _, err := db.ExecContext(ctx, settledTable); err != nil {
		return 0, fmt.Errorf("settle breaches: %w", err)
	}
	for some := range slices.Chunk(ids, settleAtOnce) {
		n, err := settle(ctx, db, migration, some, by, because)
		if settled += n; err != nil {
			return settled, fmt.Errorf("settle breaches: %w", err)
		}
	}
	return settled, nil
}

func settle(ctx context.Context, db *sql.DB, migration string, ids []uint64, by, because string) (int64, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing to roll back
	which := " FROM _tandem.breach WHERE link IN (?,?) AND id IN (?" + strings.Repeat(",?", len(ids)-1) + ")"
	args := []any{migration + "/" + string(Forward), migration + "/" + string(Reverse)}
	for _, id := range ids {
		args = append(args, id)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO _tandem.breach_settled (settled_by,because,"+breachColumns+") SELECT ?,?,"+breachColumns+which, append([]any{by, because}, args...)...); err != nil {
		return 0, err
	}
	done, err := tx.ExecContext(ctx, "DELETE"+which, args...)
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	if err != nil {
		return 0, err
	}
	return n, tx.Commit()
}
