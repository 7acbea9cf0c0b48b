package mysqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tandem/internal/change"
)

// Executed returns gtid_executed: every transaction whose changes a new query
// on that server will see (nearly so where [Facts.ExecutedEarly]).
func Executed(ctx context.Context, db *sql.DB) (change.GTIDSet, error) {
	return gtidVariable(ctx, db, "gtid_executed")
}

// Purged returns gtid_purged: every transaction that the server has executed
// and whose binlog is gone.
func Purged(ctx context.Context, db *sql.DB) (change.GTIDSet, error) {
	return gtidVariable(ctx, db, "gtid_purged")
}

func gtidVariable(ctx context.Context, db *sql.DB, name string) (change.GTIDSet, error) {
	var text string
	if err := db.QueryRowContext(ctx, "SELECT @@GLOBAL."+name).Scan(&text); err != nil {
		return change.GTIDSet{}, fmt.Errorf("read %s: %w", name, err)
	}
	set, err := change.ParseGTIDSet(text)
	if err != nil {
		return change.GTIDSet{}, fmt.Errorf("read %s: %w", name, err)
	}
	return set, nil
}

// waitSlice is how long the server itself waits in one statement: short enough
// to notice a cancelled context, long enough not to be a load.
const waitSlice = 2 * time.Second

// codeNoFunction is the number of a call of a function that is not there.
const codeNoFunction = 1305

// WaitExecuted waits until the server's gtid_executed holds all of set. The
// server does the waiting, so it returns as soon as that is so.
func WaitExecuted(ctx context.Context, db *sql.DB, set change.GTIDSet) error {
	if set.IsEmpty() {
		return ctx.Err()
	}
	text := set.String()
	queries := []string{
		// Nearly always it is so already.
		"SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed)",
		fmt.Sprintf("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, %d) = 0", int(waitSlice/time.Second)),
		// 5.6 has no function that waits without a replication thread.
		"SELECT IF(GTID_SUBSET(?, @@GLOBAL.gtid_executed), 1, SLEEP(0.02))",
	}
	for q := 0; ; {
		var reached bool
		err := db.QueryRowContext(ctx, queries[q], text).Scan(&reached)
		switch {
		case hasCode(err, codeNoFunction) && q == 1:
			q = 2
		case err != nil:
			return fmt.Errorf("wait for transactions to be executed: %w", err)
		case reached:
			return nil
		case q == 0:
			q = 1
		}
	}
}

// BinlogEnd returns where the server's binlog ends now: everything that was
// committed before, and everything that is being committed and can be seen by
// a query that was made before, lies in front of it.
func BinlogEnd(ctx context.Context, db *sql.DB) (change.Offset, error) {
	rows, err := showEither(ctx, db, "SHOW BINARY LOG STATUS", "SHOW MASTER STATUS")
	if err != nil {
		return change.Offset{}, fmt.Errorf("read the end of the binlog: %w", err)
	}
	defer rows.Close()
	var end change.Offset
	found := false
	err = scanNamed(rows, func(get func(string) string) error {
		found = true
		end.File = get("file")
		end.Pos, err = strconv.ParseUint(get("position"), 10, 64)
		return err
	})
	if err != nil {
		return change.Offset{}, fmt.Errorf("read the end of the binlog: %w", err)
	}
	if !found {
		return change.Offset{}, fmt.Errorf("read the end of the binlog: the server writes none (log_bin is off)")
	}
	return end, nil
}

// BinlogFile is one of a server's binlog files.
type BinlogFile struct {
	Name string
	Size uint64
}

// BinlogFiles returns the binlog files that the server still has, oldest first.
func BinlogFiles(ctx context.Context, db *sql.DB) ([]BinlogFile, error) {
	rows, err := db.QueryContext(ctx, "SHOW BINARY LOGS")
	if err != nil {
		return nil, fmt.Errorf("list binlogs: %w", err)
	}
	defer rows.Close()
	var files []BinlogFile
	err = scanNamed(rows, func(get func(string) string) error {
		size, err := strconv.ParseUint(get("file_size"), 10, 64)
		files = append(files, BinlogFile{Name: get("log_name"), Size: size})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list binlogs: %w", err)
	}
	return files, nil
}

// BytesBetween returns how many bytes of binlog lie between two offsets, for
// lag. What is no longer listed counts as nothing.
func BytesBetween(files []BinlogFile, from, to change.Offset) uint64 {
	if from.Compare(to) >= 0 {
		return 0
	}
	if from.File == to.File {
		return to.Pos - from.Pos
	}
	var n uint64
	for _, f := range files {
		at := change.Offset{File: f.Name}
		switch {
		case f.Name == from.File:
			n += f.Size - min(f.Size, from.Pos)
		case f.Name == to.File:
			n += to.Pos
		case at.Compare(from) > 0 && at.Compare(to) < 0:
			n += f.Size
		}
	}
	return n
}

// codeParse is the number of a syntax error: the server does not know the
// statement.
const codeParse = 1064

// showEither runs the new form of a statement, or the old one where the
// server does not know the new.
func showEither(ctx context.Context, db *sql.DB, newer, older string) (*sql.Rows, error) {
	rows, err := db.QueryContext(ctx, newer)
	if hasCode(err, codeParse) {
		return db.QueryContext(ctx, older)
	}
	return rows, err
}

// scanNamed calls f for each row with a way to get its values by lower-case
// column name: what SHOW returns grows from version to version.
func scanNamed(rows *sql.Rows, f func(get func(string) string) error) error {
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]sql.NullString, len(names))
	to := make([]any, len(names))
	at := make(map[string]int, len(names))
	for i, n := range names {
		to[i] = &values[i]
		at[strings.ToLower(n)] = i
	}
	get := func(name string) string {
		if i, ok := at[name]; ok {
			return values[i].String
		}
		return ""
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		if err := f(get); err != nil {
			return err
		}
	}
	return rows.Err()
}
