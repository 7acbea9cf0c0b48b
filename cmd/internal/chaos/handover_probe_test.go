package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/guard"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
)

// prober tries to write on one side, whoever owns it: a row, in a transaction of
// its own, every few milliseconds.
type prober struct {
	side ownership.Side
	db   *sql.DB

	rest sync.Mutex // held by who wants it to be still

	mu       sync.Mutex
	accepted []span
	refused  int
	strange  []string
}

// span is when a write was begun, and when it was known to be committed: it was
// committed at some moment between.
type span struct{ began, ended time.Time }

const probeTable = `CREATE TABLE probe (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, side VARCHAR(6) NOT NULL) ENGINE=InnoDB`

func startProber(t testing.TB, ctx context.Context, wait *sync.WaitGroup, server *sandbox.Server, side ownership.Side) *prober {
	t.Helper()
	config := server.RootConfig() // it sees the triggers; to a guard it is anybody
	config.DBName = bankDatabase
	config.Logger = &mysql.NopLogger{}
	config.ReadTimeout = 30 * time.Second
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	p := &prober{side: side, db: sql.OpenDB(connector)}
	p.db.SetMaxOpenConns(1)
	wait.Go(func() {
		defer p.db.Close()
		for ctx.Err() == nil {
			p.probe(ctx)
			pause(ctx, 8*time.Millisecond)
		}
	})
	return p
}

func (p *prober) probe(ctx context.Context) {
	p.rest.Lock()
	defer p.rest.Unlock()
	began := time.Now()
	tried, err := p.write(ctx)
	ended := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	var said *mysql.MySQLError
	switch {
	case !tried:
	case err == nil:
		p.accepted = append(p.accepted, span{began, ended})
	case guard.Is(err):
		p.refused++
	case errors.As(err, &said) && said.Number == 1062:
		p.strange = append(p.strange, err.Error()) // a number that the other side has given, too
	}
}

// write tries it, where a guard stands: without one anybody can write anywhere. A
// transaction that has looked at the table keeps its triggers from being changed.
func (p *prober) write(ctx context.Context) (tried bool, err error) {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // after a commit this does nothing
	var n int
	for _, question := range []string{
		"SELECT COUNT(*) FROM probe WHERE id = 0",
		"SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '" + bankDatabase + "' AND EVENT_OBJECT_TABLE = 'probe' AND EVENT_MANIPULATION = 'INSERT'",
	} {
		if err := tx.QueryRowContext(ctx, question).Scan(&n); err != nil {
			return false, err
		}
	}
	if n == 0 {
		return false, nil
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO probe (side) VALUES ('"+string(p.side)+"')"); err != nil {
		return true, err
	}
	return true, tx.Commit()
}

// mark forgets what was seen.
func (p *prober) mark() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted, p.refused, p.strange = nil, 0, nil
}

func (p *prober) seen() (accepted []span, refused int, strange []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted, p.refused, p.strange
}

// both tells whether two sides have taken writes at the same time, where at most
// one handover lies between: a write begun on the old side behind one that was
// acknowledged on the new side.
func both(old, new *prober) error {
	before, _, strange := old.seen()
	behind, _, more := new.seen()
	if all := append(strange, more...); len(all) > 0 {
		return fmt.Errorf("%d writes failed as none should: %s", len(all), all[0])
	}
	if len(before) == 0 || len(behind) == 0 {
		return nil
	}
	first := behind[0].ended
	for _, s := range before {
		if s.began.After(first) {
			return fmt.Errorf("two writable sides: the %s took a write that was begun %s after the %s had taken one", old.side, s.began.Sub(first), new.side)
		}
	}
	return nil
}
