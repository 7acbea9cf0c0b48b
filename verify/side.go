package verify

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"tandem/internal/mysqldb"
	"tandem/internal/scan"
	"tandem/internal/wire"
)

// The two sides, as indexes.
const (
	source = 0
	target = 1
)

// side is a connection to one of the servers, made when it is first needed and
// again when it was lost. One goroutine uses it at a time.
type side struct {
	endpoint mysqldb.Endpoint
	// large holds one token: whoever reads a row of megabytes has it.
	large chan struct{}
	conn  *wire.Conn
}

// ends are connections to both sides, of one worker.
type ends [2]*side

func (r *run) newEnds() ends {
	if r.kept != nil {
		if e, ok := r.kept.take(); ok {
			return e
		}
	}
	return ends{
		{endpoint: r.cfg.Source, large: r.large},
		{endpoint: r.cfg.Target, large: r.large},
	}
}

// giveBack closes connections, or keeps them for the next comparison.
func (r *run) giveBack(e ends) {
	if r.kept == nil {
		e.close()
		return
	}
	r.kept.mu.Lock()
	defer r.kept.mu.Unlock()
	r.kept.free = append(r.kept.free, e)
}

func (e ends) close() {
	for _, s := range e {
		if s.conn != nil {
			s.conn.Close()
		}
	}
}

// both does something on both sides at once.
func (e ends) both(ctx context.Context, do func(ctx context.Context, i int, s *side) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for i, s := range e {
		g.Go(func() error { return do(ctx, i, s) })
	}
	return g.Wait()
}

func (s *side) get(ctx context.Context) (*wire.Conn, error) {
	if s.conn != nil && s.conn.Err() == nil {
		return s.conn, nil
	}
	conn, err := wire.Connect(ctx, s.endpoint, wire.Session{ReadOnly: true, Vars: scan.SessionVars()})
	if err != nil {
		return nil, err
	}
	s.conn = conn
	return conn, nil
}

// query runs a SELECT. Rows of many megabytes are read one at a time in the
// whole process.
func (s *side) query(ctx context.Context, sql []byte, row func(values [][]byte) error) error {
	conn, err := s.get(ctx)
	if err != nil {
		return err
	}
	held := false
	conn.OnLarge(func() error {
		if held {
			return nil
		}
		select {
		case s.large <- struct{}{}:
			held = true
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	defer func() {
		if held {
			<-s.large
		}
	}()
	return conn.Query(ctx, sql, row)
}

// raw runs a SELECT whose rows are only digested: they take no memory.
func (s *side) raw(ctx context.Context, sql []byte, row func(piece []byte, last bool) error) error {
	conn, err := s.get(ctx)
	if err != nil {
		return err
	}
	return conn.QueryRaw(ctx, sql, row)
}

// binary is raw for rows in the binary protocol.
func (s *side) binary(ctx context.Context, sql []byte, columns func([]byte) error, row func(piece []byte, last bool) error) error {
	conn, err := s.get(ctx)
	if err != nil {
		return err
	}
	return conn.QueryBinary(ctx, sql, columns, row)
}

func (s *side) one(ctx context.Context, sql []byte) ([][]byte, error) {
	conn, err := s.get(ctx)
	if err != nil {
		return nil, err
	}
	return conn.One(ctx, sql)
}

// lost tells whether something failed for want of a connection, so that it may
// be tried again.
func lost(err error) bool {
	return errors.As(err, new(*wire.LostError)) || mysqldb.IsLostConnection(err)
}

// The server's errors that are about the server, not about the statement.
const (
	codeShutdown    = 1053
	codeInterrupted = 1317
)

// refused tells whether the server understood a statement and would not do it:
// a column, a table or a privilege is missing.
func refused(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Code != codeShutdown && e.Code != codeInterrupted
}

func describeRange(t *table, what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, t.name, err)
}
