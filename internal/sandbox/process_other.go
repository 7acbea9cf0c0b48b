//go:build !unix

package sandbox

import "syscall"

// processAttributes: nothing special to be had.
func processAttributes(bool) *syscall.SysProcAttr { return nil }
