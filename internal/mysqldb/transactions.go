package mysqldb

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// OpenTransaction is one that InnoDB has under way.
type OpenTransaction struct {
	ID string // InnoDB's own
	// Session is 0 for one that was prepared and whose session is gone.
	Session uint64
	Age     time.Duration // whole seconds
	State   string        // RUNNING, LOCK WAIT, ROLLING BACK, COMMITTING
	// Locks counts lock structures, of tables too; Locked rows; Modified rows that
	// were changed.
	Locks, Locked, Modified int64
}

// codeBadText says that a statement of some session is no text.
const codeBadText = 3854

// OpenTransactions lists InnoDB's transactions but this session's own. The right
// it takes is PROCESS.
//
// Their usual list holds everybody's statements, and breaks off when one of them
// is no text (see [Processes]); it is made anew ten times a second at most, so
// asking again is no way out where such statements run all the time. InnoDB's
// status page, which is read then, prints them as they are.
func OpenTransactions(ctx context.Context, db *sql.DB) ([]OpenTransaction, error) {
	list, err := listedTransactions(ctx, db)
	if code, _ := Code(err); code == codeBadText {
		list, err = printedTransactions(ctx, db)
	}
	if err != nil {
		return nil, fmt.Errorf("list open transactions: %w", err)
	}
	return list, nil
}

func listedTransactions(ctx context.Context, db *sql.DB) (list []OpenTransaction, err error) {
	// InnoDB tells times in the zone of its machine, whatever the session's is.
	rows, err := db.QueryContext(ctx, `SELECT trx_id, trx_mysql_thread_id,
  TIMESTAMPDIFF(SECOND, CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP()),
  trx_state, trx_lock_structs, trx_rows_locked, trx_rows_modified
FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> CONNECTION_ID()`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t OpenTransaction
		var seconds sql.NullInt64
		if err := rows.Scan(&t.ID, &t.Session, &seconds, &t.State, &t.Locks, &t.Locked, &t.Modified); err != nil {
			return nil, err
		}
		t.Age = time.Duration(max(seconds.Int64, 0)) * time.Second
		list = append(list, t)
	}
	return list, rows.Err()
}

func printedTransactions(ctx context.Context, db *sql.DB) ([]OpenTransaction, error) {
	var kind, name string
	var page []byte
	if err := db.QueryRowContext(ctx, "SHOW ENGINE INNODB STATUS").Scan(&kind, &name, &page); err != nil {
		return nil, err
	}
	return parseTransactions(string(page))
}

var (
	errTruncated = errors.New("InnoDB's status page does not show all of them: there are too many")

	printedHead   = regexp.MustCompile(`^---TRANSACTION (\d+), (.*)$`)
	printedAge    = regexp.MustCompile(`^(?:ACTIVE|COMMITTED IN MEMORY)(?: \(PREPARED\))?(?: (\d+) sec)?`)
	printedLocks  = regexp.MustCompile(`^(LOCK WAIT |ROLLING BACK |COMMITTING |)(\d+) lock struct\(s\), heap size \d+(?:, (\d+) row lock\(s\))?(?:, holds adaptive hash latch)?(?:, undo log entries (\d+))?`)
	printedThread = regexp.MustCompile(`^MySQL thread id (\d+), `)
)

// parseTransactions reads the part on transactions of InnoDB's status page: of
// each its head, then its locks, then its session, then, as the last, the text of
// its statement, which may look like anything.
func parseTransactions(page string) ([]OpenTransaction, error) {
	if strings.Contains(page, "... truncated...") {
		return nil, errTruncated
	}
	var list []OpenTransaction
	var t *OpenTransaction // whose head was read, until its session was
	lines := bufio.NewScanner(strings.NewReader(page))
	lines.Buffer(nil, len(page)+1)
	for lines.Scan() {
		line := lines.Text()
		if m := printedHead.FindStringSubmatch(line); m != nil {
			t = nil
			age := printedAge.FindStringSubmatch(m[2])
			if age == nil {
				continue // not started
			}
			one := OpenTransaction{ID: m[1], State: "RUNNING"}
			seconds, _ := strconv.ParseInt(age[1], 10, 64)
			one.Age = time.Duration(seconds) * time.Second
			if strings.HasPrefix(m[2], "COMMITTED") {
				one.State = "COMMITTING"
			}
			list = append(list, one)
			t = &list[len(list)-1]
			continue
		}
		if t == nil {
			continue
		}
		if m := printedLocks.FindStringSubmatch(line); m != nil {
			if state := strings.TrimSpace(m[1]); state != "" {
				t.State = state
			}
			t.Locks, _ = strconv.ParseInt(m[2], 10, 64)
			t.Locked, _ = strconv.ParseInt(m[3], 10, 64)
			t.Modified, _ = strconv.ParseInt(m[4], 10, 64)
		} else if m := printedThread.FindStringSubmatch(line); m != nil {
			t.Session, _ = strconv.ParseUint(m[1], 10, 64)
			t = nil
		}
	}
	return list, lines.Err()
}
