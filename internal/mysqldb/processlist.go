package mysqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Process is a session of a server, as SHOW PROCESSLIST tells.
type Process struct {
	ID   uint64
	User string
	// Host is with the port, where there is one.
	Host string
	// Command is such as Query, or Sleep for a session that does nothing.
	Command string
	// Seconds is how long it has been in its state.
	Seconds int64
	// Text is the statement that runs, if any: as bytes, since it may hold some
	// that are no text. Its first 100 bytes, or 64 KiB in a full list.
	Text []byte
}

// Querier is what lists are read through: a pool, one of its connections, or a
// transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Processes lists the sessions of a server but this one. Without PROCESS those of
// the same user are all that are shown.
//
// information_schema.PROCESSLIST would tell the same, but breaks off with error
// 3854 when the statement of any session is not valid in the character set it came
// in, as binary values inside statements are: seen with 9.7.4.
func Processes(ctx context.Context, q Querier, full bool) ([]Process, error) {
	statement := "SHOW PROCESSLIST"
	if full {
		statement = "SHOW FULL PROCESSLIST"
	}
	rows, err := q.QueryContext(ctx, statement)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	// Forks add columns.
	columns, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	var list []Process
	for rows.Next() {
		var p Process
		var user, host, command sql.NullString
		var seconds sql.NullInt64
		into := make([]any, len(columns))
		for i, c := range columns {
			switch strings.ToLower(c) {
			case "id":
				into[i] = &p.ID
			case "user":
				into[i] = &user
			case "host":
				into[i] = &host
			case "command":
				into[i] = &command
			case "time":
				into[i] = &seconds
			case "info":
				into[i] = &p.Text
			default:
				into[i] = new(sql.RawBytes)
			}
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		p.User, p.Host, p.Command, p.Seconds = user.String, host.String, command.String, seconds.Int64
		if strings.HasPrefix(strings.ToUpper(string(p.Text)), statement) {
			continue // this session; nobody else's is of interest either
		}
		list = append(list, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}
