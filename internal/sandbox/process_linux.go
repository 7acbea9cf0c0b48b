package sandbox

import "syscall"

// processAttributes: a detached server gets a session of its own, so that
// Ctrl-C in the terminal does not reach it. Any other is killed by the kernel
// when its parent ends, however that ends, and is out of the reach of Ctrl-C
// too: whoever started it stops it in order.
func processAttributes(detach bool) *syscall.SysProcAttr {
	if detach {
		return &syscall.SysProcAttr{Setsid: true}
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
