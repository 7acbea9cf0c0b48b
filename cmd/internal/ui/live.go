package ui

import (
	"fmt"
	"time"
)

// Live is one line that tells how something goes on: rewritten in place on a
// terminal, a new line now and then elsewhere. It has one owner.
type Live struct {
	out   Stream
	every time.Duration
	last  time.Time
	shown bool
}

// NewLive returns a line on the stream.
func NewLive(out Stream) *Live { return &Live{out: out, every: LineEvery} }

// Set changes what the line says. It tells whether that was written: elsewhere than
// on a terminal a line may be too early after the last one.
func (l *Live) Set(text string) bool {
	if l.out.TTY {
		if width := l.out.Width(); width > 1 {
			text = Shorten(text, width-1)
		}
		_, _ = fmt.Fprintf(l.out, "\r%s\x1b[K", text) // see Progress about errors
		l.shown = true
		return true
	}
	now := time.Now()
	if now.Sub(l.last) < l.every {
		return false
	}
	l.last = now
	_, _ = fmt.Fprintln(l.out, text)
	return true
}

// Done replaces the line by what stays.
func (l *Live) Done(text string) {
	if l.shown {
		_, _ = fmt.Fprint(l.out, "\r\x1b[K")
	}
	if text != "" {
		_, _ = fmt.Fprintln(l.out, text)
	}
	l.shown = false
}
