package ownership

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
)

// Unblock ends the sessions that do nothing and hold a shared lock on the record of
// one of the groups, as guards take it. It returns who they were: what they had
// changed in other groups' tables is rolled back with them. Sessions that hold the
// record of another group, or of another migration, are left alone.
//
// Servers before 8.0 do not show who holds locks, nor do those without a
// performance schema: there it ends nobody.
func Unblock(ctx context.Context, db *sql.DB, migration string, groups []string) ([]string, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	marks := make([]string, len(groups))
	records := make([]any, len(groups))
	for i, g := range groups {
		// As InnoDB prints a key: both are of letters, digits and a few signs.
		marks[i], records[i] = "?", "'"+migration+"', '"+g+"'"
	}
	rows, err := db.QueryContext(ctx, `SELECT DISTINCT t.PROCESSLIST_ID, CONCAT(t.PROCESSLIST_USER,'@',t.PROCESSLIST_HOST)
 FROM performance_schema.data_locks l JOIN performance_schema.threads t ON t.THREAD_ID = l.THREAD_ID
 WHERE l.OBJECT_SCHEMA = '_tandem' AND l.OBJECT_NAME = 'ownership' AND l.LOCK_STATUS = 'GRANTED' AND l.LOCK_MODE LIKE 'S%'
 AND t.PROCESSLIST_ID IS NOT NULL AND t.PROCESSLIST_COMMAND = 'Sleep' AND l.LOCK_DATA IN (`+strings.Join(marks, ",")+")", records...)
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
