package mysqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// RDSConfiguration asks for one of the settings that RDS and Aurora keep beside
// the variables, such as "binlog retention hours". A setting without a value is not
// set.
func RDSConfiguration(ctx context.Context, db *sql.DB, name string) (value int64, set bool, err error) {
	rows, err := db.QueryContext(ctx, "CALL mysql.rds_show_configuration")
	if err != nil {
		return 0, false, fmt.Errorf("ask mysql.rds_show_configuration: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, false, fmt.Errorf("ask mysql.rds_show_configuration: %w", err)
	}
	if len(columns) < 2 {
		return 0, false, fmt.Errorf("ask mysql.rds_show_configuration: it answers with %q, not with names and values", columns)
	}
	for rows.Next() {
		row := make([]sql.NullString, len(columns))
		to := make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return 0, false, fmt.Errorf("ask mysql.rds_show_configuration: %w", err)
		}
		if !strings.EqualFold(row[0].String, name) || !row[1].Valid {
			continue
		}
		if value, err = strconv.ParseInt(strings.TrimSpace(row[1].String), 10, 64); err != nil {
			return 0, false, fmt.Errorf("read %s of mysql.rds_show_configuration: %w", name, err)
		}
		set = true
	}
	if err := rows.Err(); err != nil {
		return 0, false, fmt.Errorf("ask mysql.rds_show_configuration: %w", err)
	}
	return value, set, nil
}
