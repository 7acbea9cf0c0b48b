package sandbox

import (
	"context"
	"io/fs"
	"path/filepath"
	"time"
)

// Report is what Status found out about a sandbox.
type Report struct {
	Dir     string       `json:"dir"`
	Config  string       `json:"config"`
	Started time.Time    `json:"started"`
	Source  ServerReport `json:"source"`
	Target  ServerReport `json:"target"`
}

// Running reports whether both servers answer.
func (r Report) Running() bool { return r.Source.Running && r.Target.Running }

// ServerReport is one server of a sandbox.
type ServerReport struct {
	Version string `json:"version"`
	Addr    string `json:"addr"`
	Socket  string `json:"socket,omitempty"`
	PID     int    `json:"pid,omitempty"`
	Log     string `json:"log"`
	// Running: the process is there and answers.
	Running bool `json:"running"`
	// Problem is why a server whose process is there does not answer.
	Problem string `json:"problem,omitempty"`
	// Executed is its GTID set.
	Executed string `json:"gtid_executed,omitempty"`
	// DataBytes is the size of its data directory, binary logs included.
	DataBytes int64 `json:"data_bytes"`
}

// Status looks at the sandbox in a directory. ErrNoSandbox: there is none.
func Status(ctx context.Context, dir string) (Report, error) {
	pair, err := Open(dir)
	if err != nil {
		return Report{}, err
	}
	st, err := readState(pair.Dir)
	if err != nil {
		return Report{}, err
	}
	return Report{
		Dir: pair.Dir, Config: filepath.Join(pair.Dir, ConfigFile), Started: st.Started,
		Source: pair.Source.report(ctx), Target: pair.Target.report(ctx),
	}, nil
}

func (s *Server) report(ctx context.Context) ServerReport {
	r := ServerReport{Version: s.opts.Install.Number(), Addr: s.Addr(), Socket: s.Socket, PID: s.PID(), Log: s.ErrorLog(), DataBytes: treeSize(s.place.data)}
	if !s.Running() {
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	db, err := s.RootDB()
	if err == nil {
		err = db.QueryRowContext(ctx, "SELECT @@GLOBAL.gtid_executed").Scan(&r.Executed)
	}
	if r.Running = err == nil; err != nil {
		r.Problem = err.Error()
	}
	return r
}

// treeSize adds up the files of a directory; files that vanish meanwhile do not
// count.
func treeSize(dir string) int64 {
	var total int64
	if dir == "" {
		return 0
	}
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
		return nil
	})
	return total
}
