package sandbox

import (
	"errors"
	"io"
	"os"
	"os/exec"
)

// scratch is a temporary directory that goes when this process does, even when
// it is killed: a shell waits at the other end of a pipe and removes the
// directory once the pipe closes. Test runs are killed now and then, and a data
// directory is a hundred megabytes.
type scratch struct {
	dir  string
	pipe io.Closer
	wait func() error
}

// A server that is being killed at the same moment may still make a file, so
// the removal is tried again for a while.
const janitorScript = `read -r _; n=0; until rm -rf -- "$1" 2>/dev/null || [ $n -ge 50 ]; do n=$((n+1)); sleep 0.1; done`

func newScratch(prefix string, keep bool) (*scratch, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	s := &scratch{dir: dir}
	if keep {
		return s, nil
	}
	cmd := exec.Command("sh", "-c", janitorScript, "sh", dir)
	cmd.SysProcAttr = processAttributes(true)
	cmd.Dir = "/"
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return s, nil
	}
	if err := cmd.Start(); err != nil {
		return s, nil // no shell here: remove does it, unless we are killed
	}
	s.pipe, s.wait = pipe, cmd.Wait
	return s, nil
}

// remove removes the directory now. It may be called again.
func (s *scratch) remove() error {
	err := os.RemoveAll(s.dir)
	if s.pipe != nil {
		err = errors.Join(err, s.pipe.Close(), s.wait())
		s.pipe = nil
	}
	return err
}
