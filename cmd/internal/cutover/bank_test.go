package cutover

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

const (
	accounts = 40
	money    = 1000 // of each account at first
	tellers  = 4
)

// bank is an application: transfers between accounts, each with an entry in a
// ledger without a key.
type bank struct {
	t    *testing.T
	pair *sandbox.Pair
	dbs  [2]*sql.DB // as the application's user; the source's and the target's

	on   atomic.Int32 // the side that tellers connect to
	last [2]atomic.Int64

	mu     sync.Mutex
	done   map[string]bool // transfers that were committed
	doubt  map[string]bool // whose commit was not answered
	faults []string        // errors that an application should not see

	stop context.CancelFunc
	wait sync.WaitGroup
}

func openBank(t *testing.T, pair *sandbox.Pair) *bank {
	t.Helper()
	root := sandboxtest.RootDB(t, pair.Source, "")
	sandboxtest.Exec(t, root, "CREATE DATABASE bank",
		"CREATE TABLE bank.account (id INT PRIMARY KEY, balance BIGINT NOT NULL)",
		"CREATE TABLE bank.entry (transfer VARCHAR(32) NOT NULL, account INT NOT NULL, amount BIGINT NOT NULL)",
		"CREATE TABLE bank.numbered (id INT AUTO_INCREMENT PRIMARY KEY, transfer VARCHAR(32) NOT NULL)")
	for i := range accounts {
		sandboxtest.Exec(t, root, fmt.Sprintf("INSERT INTO bank.account VALUES (%d, %d)", i, money))
	}
	b := &bank{t: t, pair: pair, done: map[string]bool{}, doubt: map[string]bool{}}
	for i, s := range pair.Servers() {
		b.dbs[i] = sandboxtest.DB(t, s, sandbox.UserScala, "")
	}
	return b
}

// start lets the tellers in, on the source.
func (b *bank) start() {
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	for i := range tellers {
		b.wait.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				b.transfer(fmt.Sprintf("%d-%d", i, n))
				time.Sleep(5 * time.Millisecond) // a person behind each of them
			}
		})
	}
	b.t.Cleanup(b.close)
}

func (b *bank) close() {
	if b.stop == nil {
		return
	}
	b.stop()
	b.wait.Wait()
}

// guardCode is the number of a guard's refusal.
const guardCode = 30100

// transfer moves money, on whichever side it may.
func (b *bank) transfer(id string) {
	from, to, amount := rand.IntN(accounts), rand.IntN(accounts), rand.IntN(50)
	side := b.on.Load()
	committing, err := b.try(b.dbs[side], id, from, to, amount)
	b.mu.Lock()
	defer b.mu.Unlock()
	var refused *mysql.MySQLError
	switch {
	case err == nil:
		b.done[id] = true
		b.last[side].Store(time.Now().UnixNano())
	case errors.As(err, &refused) && refused.Number == guardCode:
		b.on.CompareAndSwap(side, 1-side) // where it is told to
	case errors.As(err, &refused) && (refused.Number == 1213 || refused.Number == 1205):
	case committing:
		b.doubt[id] = true
	default:
		b.faults = append(b.faults, err.Error())
	}
}

func (b *bank) try(db *sql.DB, id string, from, to, amount int) (committing bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // after a commit this does nothing
	for _, q := range []string{
		fmt.Sprintf("UPDATE bank.account SET balance = balance - %d WHERE id = %d", amount, min(from, to)),
		fmt.Sprintf("UPDATE bank.account SET balance = balance + %d WHERE id = %d", amount, max(from, to)),
		fmt.Sprintf("INSERT INTO bank.entry VALUES ('%s', %d, %d), ('%[1]s', %d, %d)", id, min(from, to), -amount, max(from, to), amount),
		fmt.Sprintf("INSERT INTO bank.numbered (transfer) VALUES ('%s')", id),
	} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return false, err
		}
	}
	return true, tx.Commit()
}

// writes waits until the application has committed something on a side that was
// begun after now.
func (w *world) writes(side int) {
	w.t.Helper()
	began := time.Now().Add(50 * time.Millisecond).UnixNano()
	w.until(fmt.Sprintf("the application to write on side %d", side), func() bool { return w.bank.last[side].Load() > began })
}

// judge stops the application and both links, once these have nothing left to
// do, and counts.
func (w *world) judge() {
	w.t.Helper()
	w.bank.close()
	w.until("both sides to be equal", func() bool {
		v, err := sandbox.Compare(context.Background(), w.pair.Source, w.pair.Target, []string{"bank"})
		if err != nil {
			w.t.Fatal(err)
		}
		return v.Equal
	})
	w.bank.count()
	for _, s := range w.pair.Servers() {
		var breaches int
		if err := sandboxtest.RootDB(w.t, s, "").QueryRow("SELECT COUNT(*) FROM _tandem.breach").Scan(&breaches); err == nil && breaches > 0 {
			w.t.Errorf("%d breaches are kept on the %s", breaches, s.Name())
		}
	}
}

// count is done with nothing of tandem's: what was committed is there once, on
// both sides, and no money was made or lost.
func (b *bank) count() {
	b.t.Helper()
	for _, text := range b.faults {
		b.t.Errorf("the application saw an error: %s", text)
	}
	for _, s := range b.pair.Servers() {
		db := sandboxtest.RootDB(b.t, s, "")
		var sum, entries int
		if err := db.QueryRow("SELECT SUM(balance) FROM bank.account").Scan(&sum); err != nil {
			b.t.Fatal(err)
		}
		if sum != accounts*money {
			b.t.Errorf("%s: the accounts have %d, want %d", s.Name(), sum, accounts*money)
		}
		there := map[string]int{}
		rows, err := db.Query("SELECT transfer FROM bank.entry")
		if err != nil {
			b.t.Fatal(err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				b.t.Fatal(err)
			}
			there[id]++
			entries++
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			b.t.Fatal(err)
		}
		for id := range b.done {
			if there[id] != 2 {
				b.t.Errorf("%s: transfer %s, which was committed, has %d entries, want 2", s.Name(), id, there[id])
			}
		}
		for id := range there {
			if !b.done[id] && !b.doubt[id] {
				b.t.Errorf("%s: transfer %s, which was not committed, is there", s.Name(), id)
			}
		}
	}
}
