//go:build unix

package program

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// alone puts the program into a process group of its own, so that it can be
// ended together with everything it has started.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
