package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/sandbox"
)

// emptyQuery is what a server says to a statement that is nothing but a comment
// for newer servers: cases use /*!80000 ... */ for what old ones lack.
const emptyQuery = 1065

// registerNumbers makes LOAD DATA LOCAL INFILE 'Reader::numbers' work.
var registerNumbers = sync.OnceFunc(func() {
	mysql.RegisterReaderHandler("numbers", func() io.Reader {
		var b strings.Builder
		for n := 1; n <= 5000; n++ {
			fmt.Fprintf(&b, "%d,line %d é,%d.%03d\n", n, n, n/8, n%8*125)
		}
		return strings.NewReader(b.String())
	})
})

// runSteps runs the statements of one section on a server, each session on a
// connection of its own that is closed at the end.
func runSteps(ctx context.Context, server *sandbox.Server, database string, steps []step) error {
	registerNumbers()
	config := server.RootConfig()
	config.MultiStatements = false
	config.MaxAllowedPacket = 0
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxIdleConns(0)
	defer pool.Close()
	sessions := map[string]*sql.Conn{}
	defer func() {
		for _, session := range sessions {
			session.Close()
		}
	}()
	for _, s := range steps {
		session := sessions[s.session]
		if session == nil {
			if session, err = openSession(ctx, pool, database); err != nil {
				return err
			}
			sessions[s.session] = session
		}
		if err := s.run(ctx, session, database); err != nil {
			return fmt.Errorf("%s: session %s: %.300s: %w", database, s.session, s.in(database), err)
		}
	}
	return nil
}

// openSession sets up what a case may rely on, whatever the server's own rules.
func openSession(ctx context.Context, pool *sql.DB, database string) (*sql.Conn, error) {
	session, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"SET NAMES utf8mb4", "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'", "USE `" + database + "`",
	} {
		if _, err := session.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", statement, err), session.Close())
		}
	}
	return session, nil
}

func (s step) run(ctx context.Context, session *sql.Conn, database string) error {
	// Query, not Exec: some statements (CHECK TABLE) answer with rows.
	rows, err := session.QueryContext(ctx, s.in(database))
	if err == nil {
		for rows.Next() {
		}
		err = errors.Join(rows.Err(), rows.Close())
	}
	var serverError *mysql.MySQLError
	switch {
	case s.fails != 0 && err == nil:
		return fmt.Errorf("no error, want %d", s.fails)
	case err == nil:
		return nil
	case errors.As(err, &serverError) && (int(serverError.Number) == s.fails || serverError.Number == emptyQuery):
		return nil
	}
	return err
}
