package fencing

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/ownership"
	"tandem/internal/program"
)

// Program is a program that keeps writes off, and one that lets them on again.
type Program struct {
	Command []string
	Undo    []string
	Dir     string // the plan's folder
	Timeout time.Duration
}

// Programs is what this process brings along to raise and lift fences with: its
// hand in the cloud, and a folder of this machine in which the programs that undo exec
// fences are written down. A record in a database only names its file: whoever
// can write the database must not be able to have programs run here. So the
// daemon lifts such a fence only where it shares the folder with the runner.
// The zero value knows no program.
type Programs struct {
	Dir string
	// Cloud switches read_only of a side that is Cloud SQL; nil where no cloud can
	// be asked, and nil from it where tandem.yaml does not name the instance.
	Cloud func(ctx context.Context, side ownership.Side) (cloud.ReadOnly, error)
}

// UserPrograms is the folder of the user who runs tandem, so that the runner and
// the daemon of one user on one machine share it without being told.
func UserPrograms(lookup func(string) (string, bool)) Programs {
	if state, set := lookup("XDG_STATE_HOME"); set && filepath.IsAbs(state) {
		return Programs{Dir: filepath.Join(state, "tandem", "fences")}
	}
	if home, set := lookup("HOME"); set && filepath.IsAbs(home) {
		return Programs{Dir: filepath.Join(home, ".local", "state", "tandem", "fences")}
	}
	return Programs{}
}

// stored is what a file of the folder holds.
type stored struct {
	Undo    []string      `json:"undo"`
	Dir     string        `json:"dir"`
	Timeout time.Duration `json:"timeout_ns"`
}

var programName = regexp.MustCompile(`^[A-Z0-9]{20,40}$`)

// add writes a program down and returns its name.
func (p Programs) add(one *Program) (string, error) {
	if p.Dir == "" {
		return "", errors.New("there is no folder for the programs that undo fences: set HOME or XDG_STATE_HOME")
	}
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return "", err
	}
	dir, err := filepath.Abs(one.Dir)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(stored{Undo: one.Undo, Dir: dir, Timeout: one.Timeout})
	if err != nil {
		return "", err
	}
	name := rand.Text()
	return name, os.WriteFile(p.path(name), data, 0o600)
}

func (p Programs) path(name string) string {
	return filepath.Join(p.Dir, "fence-"+name+".json")
}

// undo runs a program of the folder.
func (p Programs) undo(ctx context.Context, name string) error {
	if !programName.MatchString(name) {
		return fmt.Errorf("%q is no name of a program", name)
	}
	data, err := os.ReadFile(p.path(name))
	if err != nil {
		return err
	}
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("read %s: %w", p.path(name), err)
	}
	_, err = program.Run(ctx, program.Program{Argv: s.Undo, Dir: s.Dir, Timeout: s.Timeout})
	return err
}

// remove forgets a program that has done its work.
func (p Programs) remove(name string) error {
	err := os.Remove(p.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// programFence runs a program of the plan's.
type programFence struct{ request *Request }

func (f *programFence) survey(context.Context, *session) (Undo, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	return Undo{Host: host, Shown: f.request.Exec.Undo}, nil
}

func (f *programFence) raise(ctx context.Context, s *session, u Undo) error {
	// The record is there, and says what undoes it; now it gets the file's name.
	p := f.request.Exec
	if len(p.Undo) > 0 {
		name := u.Program
		if name == "" {
			var err error
			if name, err = s.programs.add(p); err != nil {
				return fmt.Errorf("write down what undoes %s: %w", p.Command[0], err)
			}
		}
		u.Program = name
		undo, err := json.Marshal(u)
		if err != nil {
			return err
		}
		_, err = s.ExecContext(ctx, "UPDATE _tandem.fence SET undo_json = ? WHERE migration = ? AND run = ? AND stage = ? AND kind = ? AND lifted_at IS NULL",
			undo, f.request.Migration, f.request.Run, f.request.Stage, Exec)
		if err != nil {
			return fmt.Errorf("record what undoes %s: %w", p.Command[0], err)
		}
	}
	_, err := program.Run(ctx, program.Program{Argv: p.Command, Dir: p.Dir, Timeout: p.Timeout})
	return err
}

// verify has nothing to read back: what the program has done only a write that
// is tried can tell.
func (f *programFence) verify(context.Context, *session, Undo) error { return nil }

// undoProgram runs what undoes an exec fence. One without a name was recorded,
// but its program never started.
func (s *session) undoProgram(ctx context.Context, u Undo) error {
	if u.Program == "" {
		return nil
	}
	if err := s.programs.undo(ctx, u.Program); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the program that undoes it is known on %s only: run it there: %v", u.Host, u.Shown)
		}
		return err
	}
	return s.programs.remove(u.Program)
}
