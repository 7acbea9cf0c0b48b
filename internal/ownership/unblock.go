package ownership

import (
	"context"
	"database/sql"
	"fmt"

	"tandem/internal/mysqldb"
)

// Unblock ends the sessions that hold a lock on a record of ownership and are not
// tandem's. It returns who they were. Servers before 8.0 do not show who holds
// locks: there it ends nobody.
func Unblock(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT DISTINCT t.PROCESSLIST_ID, CONCAT(t.PROCESSLIST_USER,'@',t.PROCESSLIST_HOST)
 FROM performance_schema.data_locks l JOIN performance_schema.threads t ON t.THREAD_ID = l.THREAD_ID
 WHERE l.OBJECT_SCHEMA = '_tandem' AND l.OBJECT_NAME = 'ownership' AND l.LOCK_STATUS = 'GRANTED' AND l.LOCK_MODE LIKE 'S%'
 AND t.PROCESSLIST_ID IS NOT NULL AND t.PROCESSLIST_COMMAND = 'Sleep'`)
	if mysqldb.IsNoSuchTable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for who holds a record of ownership: %w", err)
	}
	defer rows.Close()
	holders := map[int64]string{}
	for rows.Next() {
		var id int64
		var who string
		if err := rows.Scan(&id, &who); err != nil {
			return nil, fmt.Errorf("look for who holds a record of ownership: %w", err)
		}
		holders[id] = who
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for who holds a record of ownership: %w", err)
	}
	var ended []string
	for id, who := range holders {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("KILL %d", id)); err != nil {
			return ended, fmt.Errorf("end session %d of %s, which holds a record of ownership: %w", id, who, err)
		}
		ended = append(ended, fmt.Sprintf("%d of %s", id, who))
	}
	return ended, nil
}
