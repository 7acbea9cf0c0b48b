package wire_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/wire"
)

// TestClearTextIsRefused: whoever sits in between may ask for the password as it is.
// It is said to nobody over a connection that can be read; in a tunnel it is.
func TestClearTextIsRefused(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-as-it-is"
	for name, tunnel := range map[string]bool{"plain": false, "tunnel": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			heard := make(chan []byte, 1)
			go func() { heard <- askForClearText(l) }()
			e := mysqldb.Endpoint{Name: "target", Network: "tcp", Addr: l.Addr().String(), User: "tandem", Tunnel: tunnel,
				Password: func(context.Context) (string, error) { return secret, nil }}
			_, err = wire.Connect(t.Context(), e, wire.Session{})
			if err == nil {
				t.Fatal("nobody has let us in")
			}
			got := bytes.Contains(<-heard, []byte(secret))
			if got != tunnel {
				t.Errorf("the password was said: %t", got)
			}
			if !tunnel && !strings.Contains(err.Error(), "clear text") {
				t.Errorf("error is %v", err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}

// askForClearText greets one client, asks it for its password as it is, in two
// pieces, and returns what it says to that.
func askForClearText(l net.Listener) []byte {
	c, err := l.Accept()
	if err != nil {
		return nil
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // a deadline can be set
	greeting := append([]byte{10}, "8.0.99\x00"...)
	greeting = append(greeting, 1, 0, 0, 0)
	greeting = append(greeting, "abcdefgh\x00"...)
	greeting = append(greeting, 0xff, 0xf7, 45, 2, 0, 0xff, 0xdf, 21)
	greeting = append(greeting, make([]byte, 10)...)
	greeting = append(greeting, "abcdefghijkl\x00mysql_native_password\x00"...)
	if _, err := c.Write(packet(0, greeting)); err != nil {
		return nil
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(c, head); err != nil {
		return nil
	}
	if _, err := io.CopyN(io.Discard, c, int64(head[0])|int64(head[1])<<8); err != nil {
		return nil
	}
	ask := packet(2, append([]byte{0xfe}, "mysql_clear_password\x00"...))
	for _, piece := range [][]byte{ask[:12], ask[12:]} {
		if _, err := c.Write(piece); err != nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond) // so that they come in two reads, mostly
	}
	if tc, ok := c.(*net.TCPConn); ok {
		_ = tc.CloseWrite() // it may be gone
	}
	said, _ := io.ReadAll(c) // until it has gone
	return said
}

func packet(seq byte, payload []byte) []byte {
	return append([]byte{byte(len(payload)), byte(len(payload) >> 8), 0, seq}, payload...)
}
