package binlog

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/sandbox"
)

// TestOpenChecksThePosition refuses positions that the server can not go on from.
func TestOpenChecksThePosition(t *testing.T) {
	t.Parallel()
	for _, version := range []sandbox.Version{sandbox.Any, sandbox.V56} {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			h := own(t, version)
			h.exec("CREATE TABLE a (id INT PRIMARY KEY)")
			old := h.executed()
			h.exec("INSERT INTO a VALUES (1)", "FLUSH LOGS")
			purgedUpTo := h.executed()
			lost := purgedUpTo.Subtract(old)
			h.exec("INSERT INTO a VALUES (2)")
			var last string
			rows, err := h.db.Query("SHOW BINARY LOGS")
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var skip any
				cols, _ := rows.Columns()
				args := []any{&last, &skip, &skip}[:len(cols)]
				if err := rows.Scan(args...); err != nil {
					t.Fatal(err)
				}
			}
			rows.Close()
			h.exec("PURGE BINARY LOGS TO '" + last + "'")

			_, err = Open(t.Context(), h.cfg, old)
			var purged *PurgedError
			if !errors.As(err, &purged) || !purged.Missing.ContainsSet(lost) {
				t.Errorf("behind the purged files: %v, want missing %s", err, lost)
			}

			foreign, err := change.ParseGTIDSet("aaaaaaaa-0000-0000-0000-000000000001:1-3")
			if err != nil {
				t.Fatal(err)
			}
			ahead := h.executed()
			ahead.Union(foreign)
			_, err = Open(t.Context(), h.cfg, ahead)
			var extra *AheadError
			if !errors.As(err, &extra) || !extra.Extra.Equal(foreign) {
				t.Errorf("with transactions of another server: %v", err)
			}

			h.expectRows(t, h.openFrom(purgedUpTo), "insert a →2")
		})
	}
}

func TestOpenFailures(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	wrong := h.cfg
	wrong.Endpoint.Password = func(context.Context) (string, error) { return "wrong-secret", nil }
	if _, err := Open(t.Context(), wrong, h.executed()); err == nil || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("wrong password: %v", err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	dead := h.cfg
	dead.Endpoint.Addr = silent.Addr().String()
	dead.ConnectTimeout = 200 * time.Millisecond
	if _, err := Open(t.Context(), dead, h.executed()); err == nil {
		t.Error("a server that says nothing was accepted")
	}
}

func TestOpenWithoutGTID(t *testing.T) {
	t.Parallel()
	h := own(t, sandbox.Any, "--gtid-mode=OFF_PERMISSIVE", "--enforce-gtid-consistency=OFF")
	_, err := Open(t.Context(), h.cfg, change.GTIDSet{})
	var setting *SettingError
	if !errors.As(err, &setting) || setting.Setting != "gtid_mode" {
		t.Errorf("got %v", err)
	}
}

// TestReconnect goes on from the position after the connection was lost in the
// middle of a transaction, which then comes again from its beginning.
func TestReconnect(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(1000))")
	h.cfg.PartBytes = 64 << 10
	cut := &cutter{limit: 1 << 20}
	h.cfg.Endpoint.Dial = cut.dial
	s := h.open()
	h.exec("INSERT INTO a (v) VALUES ('first')")
	h.exec("INSERT INTO a (v) VALUES (REPEAT('v',1000))" + strings.Repeat(",(REPEAT('v',1000))", 2000))
	h.expectRows(t, s, "insert a →1,first")
	rows := 0
	var err error
	var tx *change.Transaction
	for err == nil {
		if tx, err = s.step(); err == nil {
			rows += len(tx.Rows)
			if tx.Last && len(tx.Rows) > 0 {
				t.Fatal("the transaction ended although the connection was cut")
			}
			tx.Release()
		}
	}
	var lost *LostError
	if !errors.As(err, &lost) || rows == 0 || rows >= 2001 {
		t.Fatalf("after %d rows: %v", rows, err)
	}
	cut.limit = 1 << 40
	again := h.openFrom(s.seen)
	rows = 0
	for tx := again.next(); ; tx = again.next() {
		if rows == 0 && !tx.First {
			t.Error("the transaction does not begin at its beginning")
		}
		rows += len(tx.Rows)
		if tx.Last {
			break
		}
	}
	if rows != 2001 {
		t.Errorf("%d rows after the reconnect", rows)
	}
}

// cutter gives connections that break after a number of bytes.
type cutter struct{ limit int64 }

func (c *cutter) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &cutConn{Conn: conn, left: c.limit}, nil
}

type cutConn struct {
	net.Conn
	left int64
}

func (c *cutConn) Read(b []byte) (int, error) {
	if c.left <= 0 {
		c.Conn.Close()
		return 0, errors.New("cut")
	}
	if int64(len(b)) > c.left {
		b = b[:c.left]
	}
	n, err := c.Conn.Read(b)
	c.left -= int64(n)
	return n, err
}

// TestCorruptByte stops at a byte that changed on the way.
func TestCorruptByte(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	h.exec("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100))")
	h.cfg.Endpoint.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &flipConn{conn}, err
	}
	s := h.open()
	h.exec("INSERT INTO a VALUES (1,'fine')", "INSERT INTO a VALUES (2,'flip-this-one')")
	h.expectRows(t, s, "insert a →1,fine")
	var corrupt *CorruptError
	if err := s.failure(); !errors.As(err, &corrupt) || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got %v", err)
	}
}

// flipConn changes one bit of a certain word.
type flipConn struct{ net.Conn }

func (c *flipConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if i := strings.Index(string(b[:n]), "flip-this-one"); i >= 0 {
		b[i] ^= 1
	}
	return n, err
}

// TestReplaced says why the server ended a reader for another one.
func TestReplaced(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	first := h.open()
	h.exec("CREATE TABLE a (id INT PRIMARY KEY)")
	first.next()
	second := h.open()
	h.exec("INSERT INTO a VALUES (1)")
	h.expectRows(t, second, "insert a →1")
	err := first.failure()
	var replaced *ReplacedError
	var lost *LostError
	if !errors.As(err, &replaced) && !errors.As(err, &lost) {
		t.Errorf("got %v", err)
	}
	t.Log(err)
}

// TestCloseEndsNext lets nobody wait for ever.
func TestCloseEndsNext(t *testing.T) {
	t.Parallel()
	h := shared(t, sandbox.Any)
	s := h.open()
	got := make(chan error)
	go func() {
		for {
			if _, err := s.r.Next(context.Background()); err != nil {
				got <- err
				return
			}
		}
	}()
	s.r.Close()
	if err := <-got; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	idle := h.open()
	reason := errors.New("enough")
	cancel(reason)
	for {
		if _, err := idle.r.Next(ctx); err != nil {
			if !errors.Is(err, reason) {
				t.Errorf("got %v", err)
			}
			break
		}
	}
	h.exec("CREATE TABLE b (id INT PRIMARY KEY)", "INSERT INTO b VALUES (5)")
	idle.next()
	h.expectRows(t, idle, "insert b →5")
}
