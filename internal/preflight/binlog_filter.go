package preflight

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/mysqldb"
)

// checkBinlogFilter wants every replicated database in the binlog: --binlog-do-db
// and --binlog-ignore-db leave out others, without a word in the log.
func checkBinlogFilter(ctx context.Context, s *state) ([]Finding, error) {
	if !s.SourceFacts.LogBin {
		return none("the source writes no binlog")
	}
	only, without, err := binlogFilters(ctx, s.Source, s.SourceFacts.Version)
	if mysqldb.IsAccessDenied(err) {
		return hidden(err) // privileges-source says so
	}
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, database := range s.databases() {
		if slices.Contains(without, database) || len(only) > 0 && !slices.Contains(only, database) {
			missing = append(missing, database)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	return one(Block, "the source leaves databases out of its binlog", fmt.Sprintf("Binlog_Do_DB is %q, Binlog_Ignore_DB %q, and replicated: %s",
		strings.Join(only, ","), strings.Join(without, ","), list(missing)),
		"take binlog-do-db and binlog-ignore-db out of the server's option file and restart it")
}

// databases are those that have a replicated table.
func (s *state) databases() []string {
	var names []string
	for _, t := range s.tables {
		if !slices.Contains(names, t.Schema) {
			names = append(names, t.Schema)
		}
	}
	return names
}

func binlogFilters(ctx context.Context, db *sql.DB, v mysqldb.Version) (only, without []string, err error) {
	show := "SHOW MASTER STATUS"
	if v.AtLeast(8, 2, 0) {
		show = "SHOW BINARY LOG STATUS"
	}
	rows, err := db.QueryContext(ctx, show)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the binlog's filters: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the binlog's filters: %w", err)
	}
	var do, ignore sql.NullString
	to := make([]any, len(columns))
	for i, c := range columns {
		switch c {
		case "Binlog_Do_DB":
			to[i] = &do
		case "Binlog_Ignore_DB":
			to[i] = &ignore
		default:
			to[i] = new(sql.RawBytes)
		}
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return nil, nil, fmt.Errorf("ask for the binlog's filters: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("ask for the binlog's filters: %w", err)
	}
	split := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) }
	return split(do.String), split(ignore.String), nil
}
