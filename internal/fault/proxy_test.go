package fault

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// patience is for what must happen; nothing that works waits for it.
const patience = 20 * time.Second

// upstream is a server for tests: it answers every byte as answer says, and
// keeps what it got.
type upstream struct {
	listener net.Listener
	wait     sync.WaitGroup

	mu  sync.Mutex
	got bytes.Buffer
	end []error
}

// serveEcho starts a server that sends back what it gets, and tells of it.
func serveEcho(t *testing.T) *upstream {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{listener: listener}
	u.wait.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			u.wait.Go(func() { u.echo(c) })
		}
	})
	t.Cleanup(func() { listener.Close(); u.wait.Wait() })
	return u
}

func (u *upstream) echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		u.mu.Lock()
		u.got.Write(buf[:n])
		if err != nil {
			u.end = append(u.end, err)
		}
		u.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (u *upstream) heard() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.got.String()
}

// waitFor waits until a condition holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func open(t *testing.T, u *upstream) *Proxy {
	t.Helper()
	p, err := Listen(u.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func dial(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatalf("say %q: %v", text, err)
	}
}

func hear(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("heard %q (%v), want %q", got[:n], err, want)
	}
}

// ended waits for the end of a connection and returns what came before it.
func ended(t *testing.T, c net.Conn) string {
	t.Helper()
	rest, err := io.ReadAll(c)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("the connection is not cut; heard %q", rest)
	}
	if err == nil {
		t.Errorf("the connection ended in order, want a reset")
	}
	return string(rest)
}

// refused makes sure that a new connection comes to nothing, at once or at the
// first look at it.
func refused(t *testing.T, p *Proxy) {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return // reset meanwhile
	}
	if heard := ended(t, c); heard != "" {
		t.Errorf("heard %q on a connection that was to be refused", heard)
	}
}

// silent makes sure that nothing is heard for a moment.
func silent(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1)
	n, err := c.Read(buf)
	var timeout net.Error
	if n != 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("heard %q (%v), want silence", buf[:n], err)
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
}

func TestForwardsBothWaysAndHalfCloses(t *testing.T) {
	t.Parallel()
	p := open(t, serveEcho(t))
	c := dial(t, p)
	big := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	go func() {
		_, _ = c.Write(big) // a failure shows in what comes back
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, big) {
		t.Fatalf("%d of %d bytes came back, equal %t: %v", len(got), len(big), bytes.Equal(got, big), err)
	}
	waitFor(t, "no connection left", func() bool { return p.Open() == 0 })
}

func TestRefusesNewConnectionsOnly(t *testing.T) {
	t.Parallel()
	p := open(t, serveEcho(t))
	old := dial(t, p)
	say(t, old, "a")
	hear(t, old, "a")
	p.Set(Conditions{Refuse: true})
	refused(t, p)
	say(t, old, "b")
	hear(t, old, "b")
	p.Set(Conditions{})
	c := dial(t, p)
	say(t, c, "c")
	hear(t, c, "c")
	if p.Accepted() != 3 {
		t.Errorf("%d connections accepted, want 3", p.Accepted())
	}
}

func TestDelaysWithoutNarrowing(t *testing.T) {
	t.Parallel()
	p := open(t, serveEcho(t))
	p.Set(Slow(50 * time.Millisecond))
	c := dial(t, p)
	began := time.Now()
	say(t, c, "x")
	hear(t, c, "x")
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("there and back took %v, want 100ms at least", took)
	}
	// Many pieces are under way at once: they do not add up their delays.
	began = time.Now()
	go func() {
		for range 100 {
			_, _ = c.Write([]byte("y"))
			time.Sleep(time.Millisecond)
		}
	}()
	hear(t, c, string(bytes.Repeat([]byte("y"), 100)))
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("100 pieces took %v: each has waited for the one before", took)
	}
}

func TestNarrowLine(t *testing.T) {
	t.Parallel()
	p := open(t, serveEcho(t))
	p.Set(Conditions{ToServer: Way{BytesPerSecond: 10_000}})
	c := dial(t, p)
	began := time.Now()
	text := string(bytes.Repeat([]byte("z"), 2_000))
	say(t, c, text)
	hear(t, c, text)
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("2,000 bytes at 10,000 a second took %v", took)
	}
}

func TestStallsOneWayAndGoesOn(t *testing.T) {
	t.Parallel()
	u := serveEcho(t)
	p := open(t, u)
	c := dial(t, p)
	say(t, c, "a")
	hear(t, c, "a")
	p.Set(Conditions{ToClient: Way{Stall: true}})
	say(t, c, "b")
	waitFor(t, "the server hears b", func() bool { return u.heard() == "ab" })
	silent(t, c)
	p.Set(Conditions{})
	hear(t, c, "b")
	p.Set(Stalled())
	say(t, c, "c")
	silent(t, c)
	if u.heard() != "ab" {
		t.Errorf("the server heard %q through a stalled line", u.heard())
	}
	p.Set(Conditions{})
	hear(t, c, "c")
}

func TestStalledLinePushesBack(t *testing.T) {
	t.Parallel()
	p := open(t, serveEcho(t))
	p.Set(Stalled())
	c := dial(t, p)
	if err := c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	sent, err := c.Write(make([]byte, 64<<20))
	if err == nil {
		t.Fatalf("a stalled line took %d bytes", sent)
	}
}

func TestCutAllAndRetarget(t *testing.T) {
	t.Parallel()
	first, second := serveEcho(t), serveEcho(t)
	p := open(t, first)
	a, b := dial(t, p), dial(t, p)
	for _, c := range []net.Conn{a, b} {
		say(t, c, "x")
		hear(t, c, "x")
	}
	p.Retarget(second.listener.Addr().String())
	say(t, a, "y")
	hear(t, a, "y")
	if n := p.CutAll(); n != 2 {
		t.Errorf("%d connections cut, want 2", n)
	}
	ended(t, a)
	ended(t, b)
	c := dial(t, p)
	say(t, c, "z")
	hear(t, c, "z")
	if first.heard() != "xxy" || second.heard() != "z" {
		t.Errorf("the first server heard %q, the second %q", first.heard(), second.heard())
	}
}

func TestServerAway(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := gone.Addr().String()
	gone.Close()
	p, err := Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, p)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", p.Addr()); err == nil {
		c.Close()
		t.Error("a closed proxy still listens")
	}
}
