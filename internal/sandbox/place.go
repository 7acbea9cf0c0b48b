package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// place is where one server keeps its files.
type place struct {
	dir     string
	data    string
	tmp     string
	log     string
	pidFile string
	socket  string
	// socketDir is a directory of its own for the socket, when dir is too deep.
	socketDir string
}

// maxSocketPath is what fits into sockaddr_un on every system (macOS has 104).
const maxSocketPath = 100

// placeAt is the layout of a server's directory, which must be absolute.
func placeAt(dir string) place {
	return place{
		dir:     dir,
		data:    filepath.Join(dir, "data"),
		tmp:     filepath.Join(dir, "tmp"),
		log:     filepath.Join(dir, "error.log"),
		pidFile: filepath.Join(dir, "mysqld.pid"),
		socket:  filepath.Join(dir, "mysql.sock"),
	}
}

// newPlace makes the directories of a server.
func newPlace(dir string) (place, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return place{}, err
	}
	p := placeAt(dir)
	if err := os.MkdirAll(p.tmp, 0o700); err != nil {
		return place{}, err
	}
	if len(p.socket) > maxSocketPath {
		if p.socketDir, err = os.MkdirTemp("", "tandem-"); err != nil {
			return place{}, err
		}
		p.socket = filepath.Join(p.socketDir, "mysql.sock")
	}
	return p, nil
}

// freePort asks the kernel for a loopback port that nobody uses now. Somebody
// may take it before mysqld does; Start then tries another one.
func freePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func randomPassword() (string, error) {
	raw := make([]byte, 12)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("make a password: %w", err)
	}
	return hex.EncodeToString(raw), nil
}
