package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
	"golang.org/x/sync/errgroup"

	"tandem/internal/sandbox"
)

// loaded is what a load has written.
type loaded struct {
	transactions int
	rows         int64
}

// seed makes the tables of a shape, with their first rows.
func (l *lab) seed(ctx context.Context, source *sandbox.Server, s shape) error {
	db, err := l.connect(source, sandbox.UserTandem)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE bench"); err != nil {
		return fmt.Errorf("make the tables: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.opts.Clients)
	for t := range s.tables {
		group.Go(func() error {
			if _, err := db.ExecContext(ctx, fmt.Sprintf(createTable, tableName(t))); err != nil {
				return fmt.Errorf("make %s: %w", tableName(t), err)
			}
			first := 1
			if t == 0 {
				first = 1 - hotRows
			}
			w := newWriter(s, l.opts.Seed, 1000+t, 1, 0)
			for id := first; id <= l.opts.TableRows; {
				w.text = appendInsert(w.text[:0], t)
				for end := min(id+1000, l.opts.TableRows+1); id < end; id++ {
					w.row(int64(id))
					w.text = append(w.text, ',')
				}
				if _, err := db.ExecContext(ctx, strings.TrimSuffix(string(w.text), ",")); err != nil {
					return fmt.Errorf("fill %s: %w", tableName(t), err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// load runs the transactions of a shape, from several connections at once: the
// binlog then knows which of them are independent, as native replication with
// several workers needs it.
func (l *lab) load(ctx context.Context, source *sandbox.Server, s shape) (loaded, error) {
	db, err := l.connect(source, sandbox.UserScala)
	if err != nil {
		return loaded{}, err
	}
	defer db.Close()
	total := s.transactions(l.opts.Transactions)
	done := loaded{transactions: total}
	writers := make([]*writer, l.opts.Clients)
	group, groupCtx := errgroup.WithContext(ctx)
	for n := range writers {
		writers[n] = newWriter(s, l.opts.Seed, n, len(writers), l.opts.TableRows)
		share := total / len(writers)
		if n < total%len(writers) {
			share++
		}
		group.Go(func() error {
			conn, err := db.Conn(groupCtx)
			if err != nil {
				return err
			}
			defer conn.Close()
			for range share {
				if err := run(groupCtx, conn, writers[n].transaction()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return done, fmt.Errorf("load %s: %w", s.name, err)
	}
	for _, w := range writers {
		done.rows += w.rows
	}
	return done, nil
}

// run runs one transaction, again when it was the victim of a deadlock.
func run(ctx context.Context, conn *sql.Conn, statements []string) error {
	for {
		err := tryRun(ctx, conn, statements)
		var server *mysql.MySQLError
		if !errors.As(err, &server) || server.Number != 1213 && server.Number != 1205 {
			return err
		}
		if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			return err
		}
	}
}

func tryRun(ctx context.Context, conn *sql.Conn, statements []string) error {
	if len(statements) > 1 {
		statements = append(append([]string{"BEGIN"}, statements...), "COMMIT")
	}
	for _, statement := range statements {
		result, err := conn.ExecContext(ctx, statement)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err == nil && n == 0 && statement != "BEGIN" && statement != "COMMIT" {
			return fmt.Errorf("no row was changed by %.80s", statement)
		}
	}
	return nil
}

// connect opens a pool of a user, at READ COMMITTED.
func (l *lab) connect(server *sandbox.Server, user string) (*sql.DB, error) {
	config := server.Config(user, "")
	config.InterpolateParams = true
	config.MaxAllowedPacket = 64 << 20
	config.Params = map[string]string{"transaction_isolation": "'READ-COMMITTED'"}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}
