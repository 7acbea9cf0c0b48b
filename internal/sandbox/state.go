package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// The files of a sandbox that was brought up, beside its servers' directories.
const (
	// StateFile is what is needed to find the servers again.
	StateFile = "sandbox.json"
	// ConfigFile is a tandem.yaml for the pair.
	ConfigFile = "tandem.yaml"
)

// ErrNoSandbox says that a directory holds no sandbox.
var ErrNoSandbox = errors.New("no sandbox here")

// state is the state file. It holds passwords and is private to its user.
type state struct {
	Version int         `json:"version"`
	Started time.Time   `json:"started"`
	Source  serverState `json:"source"`
	Target  serverState `json:"target"`
	// Config is the SHA-256 of tandem.yaml as it was written: one that was
	// changed since is not ours to remove.
	Config string `json:"config_sha256"`
}

type serverState struct {
	Install      Install  `json:"install"`
	Role         Role     `json:"role"`
	ServerID     uint32   `json:"server_id"`
	Port         int      `json:"port"`
	Socket       string   `json:"socket,omitempty"`
	Container    string   `json:"container,omitempty"`
	Password     string   `json:"password"`
	ExtraArgs    []string `json:"extra_args,omitempty"`
	BufferPoolMB int      `json:"buffer_pool_mb"`
	Durable      bool     `json:"durable"`
}

const stateVersion = 1

func (s *Server) state() serverState {
	out := serverState{
		Install: s.opts.Install, Role: s.opts.Role, ServerID: s.opts.ServerID, Port: s.Port, Socket: s.Socket,
		Password: s.opts.Password, ExtraArgs: s.opts.ExtraArgs, BufferPoolMB: s.opts.BufferPoolMB, Durable: s.opts.Durable,
	}
	if s.container != nil {
		out.Container = s.container.name
	}
	return out
}

// server is a Server as the state describes it, running or not.
func (st serverState) server(dir string) (*Server, error) {
	opts, err := Options{
		Install: st.Install, Role: st.Role, ServerID: st.ServerID, Port: st.Port, Password: st.Password,
		ExtraArgs: st.ExtraArgs, BufferPoolMB: st.BufferPoolMB, Durable: st.Durable,
		Dir: filepath.Join(dir, string(st.Role)), detach: true,
	}.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, Port: st.Port, Socket: st.Socket}
	if st.Container != "" {
		s.container = &container{name: st.Container}
		return s, nil
	}
	s.place = placeAt(opts.Dir)
	s.place.socket = st.Socket
	if inside := filepath.Dir(st.Socket); inside != s.place.dir {
		s.place.socketDir = inside
		if err := os.MkdirAll(inside, 0o700); err != nil { // a reboot empties /tmp
			return nil, err
		}
	}
	if found, ok := adopt(s.place); ok {
		s.process = found
	}
	return s, nil
}

func readState(dir string) (state, error) {
	var st state
	path := filepath.Join(dir, StateFile)
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return st, fmt.Errorf("%w: there is no %s; 'tandem sandbox up' makes one", ErrNoSandbox, path)
	}
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(body, &st); err != nil {
		return st, fmt.Errorf("read %s: %w", path, err)
	}
	if st.Version != stateVersion {
		return st, fmt.Errorf("read %s: it has format %d, this tandem knows %d; take it down with the tandem that made it", path, st.Version, stateVersion)
	}
	return st, nil
}

func (st state) write(dir string) error {
	body, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(dir, StateFile), append(body, '\n'), 0o600, renameio.IgnoreUmask())
}
