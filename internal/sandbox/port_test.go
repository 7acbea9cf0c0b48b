package sandbox

import (
	"context"
	"net"
	"testing"
)

// Somebody takes the chosen port before mysqld does: another one is chosen.
func TestStartTriesAnotherPort(t *testing.T) {
	t.Parallel()
	install, err := Find(t.Context(), Any)
	if err != nil {
		t.Skipf("skipped, needs a real server: %v", err)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken := listener.Addr().(*net.TCPAddr).Port
	chosen := 0
	choose := func() (int, error) {
		if chosen++; chosen <= 2 {
			return taken, nil
		}
		return freePort()
	}
	server, err := Start(t.Context(), Options{Install: install, choosePort: choose})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close(context.Background())
	defer server.Kill()
	if server.Port == taken || chosen != 3 {
		t.Errorf("on port %d at choice %d, taken was %d", server.Port, chosen, taken)
	}
}
