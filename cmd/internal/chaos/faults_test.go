package chaos

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
)

const interrupt = syscall.SIGINT

// binlogConnection is what a client says that reads the binlog, and nobody
// else.
const binlogConnection = "@source_binlog_checksum"

// faultMark begins every note on a fault.
const faultMark = "fault: "

// misfortune is one kind of fault.
type misfortune struct {
	name   string
	weight int
	strike func(context.Context, *round)
}

type misfortunes []misfortune

func faults() misfortunes {
	return misfortunes{
		{"kill the program", 10, killProgram},
		{"kill the program at a point", 14, killAtPoint},
		{"stop the program for a while", 3, freezeProgram},
		{"cut a connection after some bytes", 16, cutAfterBytes},
		{"cut a connection at a COMMIT", 14, cutAtCommit},
		{"kill connections on the server", 6, killConnections},
		{"flip a bit", 8, flipBit},
		{"slow line", 4, slowLine},
		{"stalled line", 5, stalledLine},
		{"refuse connections", 3, refuseConnections},
		{"kill a server", 4, killServer},
		{"hold locks on the target", 6, holdLocks},
		{"meet in opposing order on the target", 4, opposeOrder},
		{"change a table", 5, changeTable},
		{"begin a new binlog file", 4, rotateLog},
	}
}

func (list misfortunes) draw(random *rand.Rand) misfortune {
	sum := 0
	for _, m := range list {
		sum += m.weight
	}
	n := random.IntN(sum)
	for _, m := range list {
		if n -= m.weight; n < 0 {
			return m
		}
	}
	return list[0] // never: n is less than the sum
}

func killProgram(_ context.Context, r *round) { r.kill() }

// killAtPoint kills the program and lets the next life end at a named point. Not
// every life comes there soon: then it simply goes on.
func killAtPoint(ctx context.Context, r *round) {
	k := r.knobs
	k.Fault = strike{Point: pick(r.random, allPoints()...), Nth: 1 + r.random.IntN(6), Do: "kill"}
	r.note("  %s", k.Fault)
	r.kill()
	r.life = r.replicate(k)
	select {
	case <-r.life.ended:
	case <-ctx.Done():
	case <-time.After(3 * time.Second):
	}
	r.inspect()
}

// freezeProgram stops the program as a laptop's lid does, for longer than the
// servers wait.
func freezeProgram(ctx context.Context, r *round) {
	r.ensure()
	r.life.signal(syscall.SIGSTOP)
	pause(ctx, r.between(200*time.Millisecond, 5*time.Second))
	r.life.signal(syscall.SIGCONT)
}

// bytes draws a number, small ones as often as large ones.
func (r *round) bytes() int64 {
	return r.random.Int64N(int64(1) << (1 + r.random.IntN(21)))
}

func (r *round) direction() fault.Direction {
	return pick(r.random, fault.ToServer, fault.ToClient)
}

// await waits until a trigger has gone off, but not for long: the bytes may
// never come. The trigger is gone afterwards.
func (r *round) await(ctx context.Context, server *sandbox.Server, armed *fault.Armed) {
	select {
	case <-armed.Fired():
	case <-ctx.Done():
	case <-time.After(2 * time.Second):
	}
	r.note("  %s: %s: %t", server.Name(), armed.Trigger, !armed.Disarm())
}

func cutAfterBytes(ctx context.Context, r *round) {
	server, proxy := r.side()
	trigger := fault.Trigger{Way: r.direction(), After: r.bytes()}
	if r.random.IntN(4) == 0 {
		// Nobody is told: the connection is dead without an end.
		trigger.Do = fault.Hang
	}
	r.await(ctx, server, proxy.Arm(trigger))
}

// cutAtCommit cuts before the target gets a COMMIT, inside it, inside its
// answer, and just behind it.
func cutAtCommit(ctx context.Context, r *round) {
	trigger := fault.Trigger{Said: []byte("COMMIT"), Way: r.direction(), After: r.random.Int64N(12)}
	if r.tls {
		return // nobody can see it
	}
	r.await(ctx, r.pair.Target, r.target.Arm(trigger))
}

// flipBit spoils one byte: under TLS on any connection, otherwise of the binlog
// on its way. It carries checksums; nothing else in the protocol does.
func flipBit(ctx context.Context, r *round) {
	trigger := fault.Trigger{Do: fault.Flip, Only: []byte(binlogConnection), Way: fault.ToClient, After: r.bytes() / 8}
	if r.tls {
		server, proxy := r.side()
		r.await(ctx, server, proxy.Arm(fault.Trigger{Do: fault.Flip, Way: r.direction(), After: r.bytes() / 8}))
		return
	}
	armed := r.source.Arm(trigger)
	r.await(ctx, r.pair.Source, armed)
	select {
	case <-armed.Fired():
		r.flipped = true
	default:
	}
}

func killConnections(ctx context.Context, r *round) {
	server, _ := r.side()
	db, err := server.RootDB()
	if err != nil {
		return
	}
	rows, err := db.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE user = ?", sandbox.UserTandem)
	if err != nil {
		return
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if rows.Scan(&id) == nil && r.random.IntN(3) > 0 {
			ids = append(ids, id)
		}
	}
	rows.Close()
	for _, id := range ids {
		_, _ = db.ExecContext(ctx, fmt.Sprintf("KILL %d", id)) // it may be gone
	}
	r.note("  %d on the %s", len(ids), server.Name())
}

func slowLine(ctx context.Context, r *round) {
	_, proxy := r.side()
	if r.random.IntN(2) == 0 {
		proxy.Set(fault.Slow(r.between(5*time.Millisecond, 200*time.Millisecond)))
	} else {
		proxy.Set(fault.Narrow(20_000 + r.random.Int64N(200_000)))
	}
	pause(ctx, r.between(time.Second, 5*time.Second))
	proxy.Set(fault.Conditions{})
}

// stalledLine lets nothing through for a time that is at times longer than the
// servers' timeouts.
func stalledLine(ctx context.Context, r *round) {
	server, proxy := r.side()
	conditions := fault.Stalled()
	if r.random.IntN(2) == 0 {
		conditions = pick(r.random, fault.Conditions{ToServer: fault.Way{Stall: true}}, fault.Conditions{ToClient: fault.Way{Stall: true}})
	}
	proxy.Set(conditions)
	d := r.between(200*time.Millisecond, 8*time.Second)
	r.note("  %s for %s", server.Name(), d.Round(time.Millisecond))
	pause(ctx, d)
	proxy.Set(fault.Conditions{})
}

func refuseConnections(ctx context.Context, r *round) {
	_, proxy := r.side()
	proxy.Set(fault.Conditions{Refuse: true})
	if r.random.IntN(2) == 0 {
		proxy.CutAll()
	}
	pause(ctx, r.between(100*time.Millisecond, 3*time.Second))
	proxy.Set(fault.Conditions{})
}

// killServer ends a server as a crash would and starts it again on its data.
func killServer(ctx context.Context, r *round) {
	server, _ := r.side()
	r.note("  %s", server.Name())
	if err := server.Kill(); err != nil {
		r.t.Error(err)
	}
	pause(ctx, r.between(0, 2*time.Second))
	r.restart(server)
}

// holdLocks locks rows of the target that the applier is about to change.
func holdLocks(ctx context.Context, r *round) {
	db, err := sql.Open("mysql", r.pair.Target.RootConfig().FormatDSN())
	if err != nil {
		r.t.Error(err)
		return
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return
	}
	defer tx.Rollback()
	query := pick(r.random,
		"SELECT COUNT(*) FROM "+courier.Database+".counters FOR UPDATE",
		"SELECT COUNT(*) FROM "+courier.Database+".accounts FOR UPDATE",
		"SELECT COUNT(*) FROM "+courier.Database+".shipments WHERE id > 100 FOR UPDATE",
		"SELECT COUNT(*) FROM "+torture+".kinds FOR UPDATE",
		"SELECT COUNT(*) FROM "+torture+".words FOR UPDATE")
	var n int
	if err := tx.QueryRowContext(ctx, query).Scan(&n); err != nil {
		return // not copied yet, or locked the other way round
	}
	pause(ctx, r.between(100*time.Millisecond, 9*time.Second))
}

// opposeOrder takes rows one by one from the end, against the order in which
// the applier does, until somebody is the victim of a deadlock or the time is
// over.
func opposeOrder(ctx context.Context, r *round) {
	db, err := sql.Open("mysql", r.pair.Target.RootConfig().FormatDSN())
	if err != nil {
		r.t.Error(err)
		return
	}
	defer db.Close()
	for until := time.Now().Add(r.between(500*time.Millisecond, 3*time.Second)); time.Now().Before(until) && ctx.Err() == nil; {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return
		}
		for id := 40; id > 0 && err == nil; id-- {
			var n int
			err = tx.QueryRowContext(ctx, fmt.Sprintf("SELECT COUNT(*) FROM %s.accounts WHERE id = %d FOR UPDATE", courier.Database, r.random.IntN(id+1))).Scan(&n)
			if err == nil && id%8 == 0 {
				err = tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+courier.Database+".counters FOR UPDATE").Scan(&n)
			}
		}
		_ = tx.Rollback() // only reads, or a victim already
	}
}

// changeTable runs a statement that changes a table, on the source.
func changeTable(ctx context.Context, r *round) {
	db, err := sql.Open("mysql", r.pair.Source.Config(sandbox.UserTandem, torture).FormatDSN())
	if err != nil {
		r.t.Error(err)
		return
	}
	defer db.Close()
	statement := pick(r.random,
		"ALTER TABLE growing ADD COLUMN more int DEFAULT 5", "ALTER TABLE growing DROP COLUMN more",
		"ALTER TABLE growing ADD COLUMN front varchar(10) DEFAULT 'é' FIRST", "ALTER TABLE growing DROP COLUMN front",
		"ALTER TABLE growing MODIFY n bigint NOT NULL", "ALTER TABLE growing MODIFY n int NOT NULL",
		"TRUNCATE TABLE growing", "ALTER TABLE words ADD KEY (n)", "ALTER TABLE amounts ENGINE=InnoDB")
	_, err = db.ExecContext(ctx, statement)
	r.note("  %s: %v", statement, err) // it may not fit what was drawn before
}

func rotateLog(ctx context.Context, r *round) {
	if db, err := r.pair.Source.RootDB(); err == nil {
		_, _ = db.ExecContext(ctx, "FLUSH BINARY LOGS") // the server may be down
	}
}

// environment is a variable as a number of this run, or otherwise.
func environment(name, otherwise string) string { return or(os.Getenv(name), otherwise) }
