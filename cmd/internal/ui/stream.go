package ui

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Stream is an output and what it can show.
type Stream struct {
	io.Writer
	TTY   bool
	Color bool
	width func() int
}

// Color modes of the --color flag.
const (
	ColorAuto   = "auto"
	ColorAlways = "always"
	ColorNever  = "never"
)

// NewStream finds out what w can show. NO_COLOR and TERM=dumb turn colour off
// unless the mode is always.
func NewStream(w io.Writer, mode string, env func(string) string) Stream {
	s := Stream{Writer: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, height, err := term.GetSize(int(f.Fd()))
		// Nothing can be drawn on a terminal of no size, as some tools make it.
		s.TTY = env("TERM") != "dumb" && err == nil && height > 0
		s.width = func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil {
				return 0
			}
			return width
		}
	}
	switch mode {
	case ColorAlways:
		s.Color = true
	case ColorNever:
	default:
		s.Color = s.TTY && env("NO_COLOR") == ""
	}
	return s
}

// Width is the number of columns, or 0 where there is no such limit.
func (s Stream) Width() int {
	if s.width == nil {
		return 0
	}
	return s.width()
}
