package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// ErrNoClient says that a client program of MySQL is missing on this machine.
var ErrNoClient = errors.New("client program not found")

// Client is the mysql program, connected as root. Each line it prints with the
// usual --batch is a row. It is killed when ctx ends.
func (s *Server) Client(ctx context.Context, args ...string) (*exec.Cmd, error) {
	return s.program(ctx, "mysql", s.opts.Install.Mysql, args)
}

// Dump is the mysqldump program, connected as root. The statistics that newer
// programs ask for are left out: older servers have none.
func (s *Server) Dump(ctx context.Context, args ...string) (*exec.Cmd, error) {
	return s.program(ctx, "mysqldump", s.opts.Install.Mysqldump, args)
}

func (s *Server) program(ctx context.Context, name, path string, args []string) (*exec.Cmd, error) {
	if s.container != nil {
		return s.container.exec(ctx, name, s.opts.Password, args), nil
	}
	if path == "" {
		return nil, fmt.Errorf("%w: %s, needed to read the %s server; put it on PATH or run 'make mysql'", ErrNoClient, name, s.opts.Name)
	}
	connect := []string{"--no-defaults", "--socket=" + s.Socket, "--user=root", "--default-character-set=binary"}
	if name == "mysqldump" {
		connect = append(connect, "--column-statistics=0")
	}
	return exec.CommandContext(ctx, path, append(connect, args...)...), nil
}
