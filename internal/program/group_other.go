//go:build !unix

package program

import "os/exec"

// alone leaves it at ending the program itself: there are no process groups.
func alone(*exec.Cmd) {}
