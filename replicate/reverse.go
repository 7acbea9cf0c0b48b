package replicate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/replicate/applier"
)

// Reverse runs from target to source.
const Reverse Direction = "reverse"

// originTables hold where the target's log was when its tables had just been
// made: what comes after is either tandem's own or somebody's.
var originTables = [...]string{
	`CREATE TABLE IF NOT EXISTS _tandem.origin (
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  position longtext CHARACTER SET ascii NOT NULL,
  PRIMARY KEY (migration)
) ENGINE=InnoDB`,
}

// ReverseOffError says why a reverse link can not run. The forward link does not
// need it.
type ReverseOffError struct{ Reason, Fix string }

// Error gives the reason.
func (e *ReverseOffError) Error() string { return "the reverse link is off: " + e.Reason }

// Hint says what would let it run.
func (e *ReverseOffError) Hint() string { return e.Fix }

// checkReverse looks at what the reverse link needs of the server that it reads.
// What the forward link needs of the tables has been looked at by then.
func (s *session) checkReverse() error {
	f := s.sourceFacts
	switch {
	case !f.LogBin:
		return &ReverseOffError{"the target writes no binlog", "turn it on (on Aurora: binlog_format=ROW in the cluster's parameter group, then reboot)"}
	case f.BinlogFormat != "ROW":
		return &ReverseOffError{"the target's binlog_format is " + f.BinlogFormat, "set binlog_format=ROW on the target"}
	case f.BinlogRowImage != "FULL":
		return &ReverseOffError{"the target's binlog_row_image is " + f.BinlogRowImage, "set binlog_row_image=FULL on the target"}
	case f.GTIDMode != "ON":
		return &ReverseOffError{"the target's gtid_mode is " + f.GTIDMode, "set gtid_mode=ON on the target"}
	}
	return nil
}

// beginReverse writes the first checkpoint of the reverse link, at the position
// that the forward link has noted.
func (s *session) beginReverse(ctx context.Context) error {
	var text string
	err := s.source.QueryRowContext(ctx, `SELECT position FROM _tandem.origin WHERE migration = ?`, s.cfg.Migration).Scan(&text)
	if err != nil {
		return fmt.Errorf("read where the reverse link begins: %w", err)
	}
	from, err := change.ParseGTIDSet(text)
	if err != nil {
		return fmt.Errorf("read where the reverse link begins: %w", err)
	}
	if err := s.createState(ctx); err != nil {
		return offIfDenied(err)
	}
	tx, err := s.target.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin the reverse link: %w", err)
	}
	defer tx.Rollback()
	if err := applier.CreateCheckpoint(ctx, tx, s.cfg.Name(), from); err != nil {
		return offIfDenied(err)
	}
	return tx.Commit()
}

// offIfDenied turns a lack of privileges on the source into what it means.
func offIfDenied(err error) error {
	if mysqldb.IsAccessDenied(err) {
		return &ReverseOffError{"tandem may not keep its state on the source: " + err.Error(),
			"GRANT ALL ON `_tandem`.* to tandem's user on the source"}
	}
	return err
}

// expected tells whether a statement that was read is one that the opposite link
// has applied on this side.
func (s *session) expected(ctx context.Context, st *change.Statement) (bool, error) {
	opposite := Config{Migration: s.cfg.Migration, Direction: Forward}
	if s.cfg.Direction == Forward {
		opposite.Direction = Reverse
	}
	rows, err := s.source.QueryContext(ctx, `SELECT statement FROM _tandem.statement WHERE link = ?`, opposite.Name())
	if mysqldb.IsNoSuchTable(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look the statement up: %w", err)
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return false, fmt.Errorf("look the statement up: %w", err)
		}
		found = found || sameStatement(text, st)
	}
	if err := errors.Join(rows.Err(), s.refreshRead(ctx, st)); err != nil {
		return false, fmt.Errorf("look the statement up: %w", err)
	}
	return found, nil
}

// sameStatement compares a statement with how the binlog has it. The server
// writes DROP TABLE anew, with its own quotes and a remark.
func sameStatement(text string, st *change.Statement) bool {
	trim := func(sql string) string { return strings.TrimRight(strings.TrimSpace(sql), "; \n\t") }
	a, b := trim(text), trim(st.SQL)
	if a == b {
		return true
	}
	if !strings.EqualFold(firstWord(a), "DROP") || !strings.EqualFold(firstWord(b), "DROP") {
		return false
	}
	for _, n := range st.Tables {
		if !strings.Contains(a, n.Table) {
			return false
		}
	}
	return true
}

func firstWord(sql string) string {
	word, _, _ := strings.Cut(sql, " ")
	return word
}

// refreshRead reads tables again, on the side that is read, behind a statement
// that this link does not apply: its next events are about them as they are now.
func (s *session) refreshRead(ctx context.Context, st *change.Statement) error {
	for _, n := range st.Tables {
		if !s.cfg.Tables(n) {
			continue
		}
		table, err := catalog.LoadTable(ctx, s.source, n)
		switch {
		case errors.Is(err, catalog.ErrNoTable):
			s.registry.Drop(n)
		case err != nil:
			return err
		default:
			s.registry.Replace(table)
		}
	}
	return nil
}
