package preflight

import (
	"context"
	"fmt"
	"strings"

	"tandem/internal/schema"
)

// checkTableOptions tells of options that name a place or a way of storing, which
// tandem leaves out where the target does not take them: the rows are the same.
func checkTableOptions(ctx context.Context, s *state) ([]Finding, error) {
	rows, err := s.Source.QueryContext(ctx, "SELECT TABLE_SCHEMA, TABLE_NAME, IFNULL(CREATE_OPTIONS, '') FROM information_schema.TABLES "+
		"WHERE TABLE_TYPE='BASE TABLE' AND CREATE_OPTIONS <> '' ORDER BY 1, 2")
	if err != nil {
		return nil, fmt.Errorf("list table options: %w", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var n schema.Name
		var options string
		if err := rows.Scan(&n.Schema, &n.Table, &options); err != nil {
			return nil, fmt.Errorf("list table options: %w", err)
		}
		if stored := storedOtherwise(options); stored != "" && s.Tables(n) {
			names = append(names, n.String()+" ("+stored+")")
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list table options: %w", err)
	}
	if len(names) == 0 {
		return nil, nil
	}
	return one(Info, "tables are stored in a special way, which the target may not do: tandem leaves out what it refuses, and compressed tables take more room then",
		list(names), "")
}

// storedOtherwise returns the options that a managed target may refuse.
func storedOtherwise(options string) string {
	var found []string
	for _, o := range strings.Fields(options) {
		name, value, _ := strings.Cut(strings.ToUpper(o), "=")
		switch name {
		case "ROW_FORMAT":
			if value != "COMPRESSED" {
				continue
			}
		case "ENCRYPTION":
			if strings.Trim(value, `'"`) != "Y" {
				continue
			}
		case "KEY_BLOCK_SIZE", "COMPRESSION", "TABLESPACE", "DIRECTORY", "SECONDARY_ENGINE":
		default:
			continue
		}
		found = append(found, o)
	}
	return strings.Join(found, " ")
}
