package copier

import (
	"context"
	"fmt"
	"sync"

	"tandem/internal/mysqldb"
	"tandem/internal/wire"
)

// A server before MySQL 5.7 counts a transaction as executed when it writes it
// to its binlog, a moment before InnoDB commits it: its gtid_executed says
// nothing about what a SELECT sees. (Measured with 5.6.24: 10 of 1,800 SELECTs
// behind a look at gtid_executed missed up to six of its transactions; none on
// 9.7.) But it commits transactions in the order of its binlog, unless
// binlog_order_commits is off. So a commit of our own, once it is confirmed,
// vouches for everything that was in the binlog before it.

// settleTables hold what those commits change, on the source.
var settleTables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.settle (
  link varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n bigint unsigned NOT NULL,
  PRIMARY KEY (link)
) ENGINE=InnoDB`,
}

// settler makes such commits, one at a time.
type settler struct {
	mu   sync.Mutex
	conn *wire.Conn
	open func(context.Context) (*wire.Conn, error)
	sql  []byte
}

func newSettler(cfg *Config) *settler {
	s := &settler{open: func(ctx context.Context) (*wire.Conn, error) {
		return wire.Connect(ctx, cfg.Source, wire.Session{})
	}}
	s.sql = append(appendText([]byte("INSERT INTO _tandem.settle (link,n) VALUES ("), cfg.Link), ",1) ON DUPLICATE KEY UPDATE n=n+1"...)
	return s
}

// prepare makes the tables.
func (s *settler) prepare(ctx context.Context) error {
	for _, sql := range settleTables {
		if err := s.run(ctx, []byte(sql)); err != nil {
			return &SettleError{err}
		}
	}
	return nil
}

// settle returns when everything that is in the source's binlog by now can be
// seen.
func (s *settler) settle(ctx context.Context) error {
	if err := s.run(ctx, s.sql); err != nil {
		return fmt.Errorf("make sure that the source shows what its binlog has: %w", err)
	}
	return nil
}

func (s *settler) run(ctx context.Context, sql []byte) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil || s.conn.Err() != nil {
		if s.conn, err = s.open(ctx); err != nil {
			return err
		}
	}
	_, err = s.conn.Exec(ctx, sql)
	return err
}

func (s *settler) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.Close()
	}
}

// SettleError says that the copy can not make commits of its own on a source
// that needs them.
type SettleError struct{ Err error }

func (e *SettleError) Error() string {
	return "a source before MySQL 5.7 is copied with the help of small commits of tandem's own on it: " + e.Err.Error()
}

func (e *SettleError) Unwrap() error { return e.Err }

// Hint says what is needed.
func (e *SettleError) Hint() string {
	if mysqldb.IsAccessDenied(e.Err) {
		return "GRANT ALL ON `_tandem`.* to tandem's user on the source"
	}
	return ""
}
