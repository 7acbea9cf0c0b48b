package sandbox

import (
	"fmt"
	"log/slog"
)

// Role says which side of a migration a server plays; it decides what the
// tandem user may do there.
type Role string

const (
	// Source is shaped like Cloud SQL for MySQL.
	Source Role = "source"
	// Target is shaped like Aurora MySQL.
	Target Role = "target"
	// Plain is a server whose tandem user may do everything.
	Plain Role = "plain"
)

// Options say how a server is started. The zero value of each field means the
// default that its comment names.
type Options struct {
	// Install is the server to start, as Find returned it. Required.
	Install Install
	// Dir holds the data, the log and the socket of the server. Default: a
	// temporary directory that Close removes.
	Dir string
	// Name appears in messages. Default: the role.
	Name string
	// Role decides the tandem user's privileges. Default: Plain.
	Role Role
	// ServerID is @@server_id. Default: 101 for a source, 201 for a target, 301.
	ServerID uint32
	// Port is the loopback port. Default: a free one.
	Port int
	// ExtraArgs are further mysqld options; they win over ours.
	ExtraArgs []string
	// BufferPoolMB is the InnoDB buffer pool in MiB. Default: 128.
	BufferPoolMB int
	// Durable makes each commit reach the disk, as in the clouds. Default: off,
	// which survives the death of mysqld but not of the machine.
	Durable bool
	// Password is that of the tandem and application users. Default: random.
	Password string
	// Log receives what happens. Default: nowhere.
	Log *slog.Logger
	// detach lets the server outlive this process.
	detach bool
	// choosePort picks a free port; tests pick one that is not.
	choosePort func() (int, error)
}

func (o Options) withDefaults() (Options, error) {
	if o.Install.Mysqld == "" && o.Install.Image == "" {
		return o, fmt.Errorf("no installation given: call Find first")
	}
	if o.Role == "" {
		o.Role = Plain
	}
	if o.Name == "" {
		o.Name = string(o.Role)
	}
	if o.ServerID == 0 {
		o.ServerID = map[Role]uint32{Source: 101, Target: 201, Plain: 301}[o.Role]
	}
	if o.BufferPoolMB == 0 {
		o.BufferPoolMB = 128
	}
	if o.choosePort == nil {
		o.choosePort = freePort
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Password == "" {
		password, err := randomPassword()
		if err != nil {
			return o, err
		}
		o.Password = password
	}
	return o, nil
}
