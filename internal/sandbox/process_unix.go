//go:build unix && !linux

package sandbox

import "syscall"

// processAttributes: a system without a parent-death signal. The server ends
// with an orderly end of its parent, and outlives a killed one.
func processAttributes(detach bool) *syscall.SysProcAttr {
	if detach {
		return &syscall.SysProcAttr{Setsid: true}
	}
	return &syscall.SysProcAttr{Setpgid: true}
}
