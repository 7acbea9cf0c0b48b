package sandbox

import (
	"os"

	"golang.org/x/sys/unix"
)

// cloneFile makes out share the blocks of in; not every file system can.
func cloneFile(out, in *os.File) error {
	return unix.IoctlFileClone(int(out.Fd()), int(in.Fd()))
}
