package ui

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Progress shows how a long run goes on. Update may be called as often as there
// is news; each implementation shows what its medium bears. What is written to
// a Progress stays on the screen, above what moves.
//
// A Progress has one owner: Update and Close are not called at once. Write may
// be called from anywhere.
type Progress interface {
	io.Writer
	Update(Status)
	Close()
}

// LineEvery is how often progress without a terminal writes a line: often
// enough to see that something lives, seldom enough for a log of days.
const LineEvery = 10 * time.Second

// NewLines returns progress that writes a plain line now and then, and at once
// when the phase changes.
func NewLines(out io.Writer, every time.Duration) Progress {
	return &lines{Writer: out, every: every}
}

type lines struct {
	io.Writer
	every time.Duration
	last  time.Time
	phase Phase
	shown string
}

func (l *lines) Update(s Status) {
	text := Summary(s)
	if s.Phase == l.phase && s.At.Sub(l.last) < l.every || text == l.shown {
		return
	}
	l.last, l.phase, l.shown = s.At, s.Phase, text
	// A log that cannot be written to is no reason to stop a migration.
	_, _ = fmt.Fprintln(l.Writer, text)
}

func (l *lines) Close() {}

// NewEvents returns progress as log events, for --log-format json.
func NewEvents(log *slog.Logger, out io.Writer, every time.Duration) Progress {
	return &events{Writer: out, log: log, every: every}
}

type events struct {
	io.Writer
	log   *slog.Logger
	every time.Duration
	last  time.Time
	phase Phase
}

func (e *events) Update(s Status) {
	if s.Phase == e.phase && s.At.Sub(e.last) < e.every {
		return
	}
	e.last, e.phase = s.At, s.Phase
	e.log.Info("progress", slog.Any("status", s))
}

func (e *events) Close() {}

// Summary is the status in one line.
func Summary(s Status) string {
	parts := []string{string(s.Phase)}
	if c := s.Copy; c.TablesTotal > 0 && (s.Phase == PhaseCopying || c.TablesDone < c.TablesTotal) {
		text := fmt.Sprintf("%d of %d tables, %s rows", c.TablesDone, c.TablesTotal, rowsOf(c.RowsDone, c.RowsTotal))
		if p := copyPercent(c); p != "" && c.RowsTotal > c.RowsDone {
			text += " (" + p + ")"
		}
		parts = append(parts, text, Bytes(c.BytesDone))
		if indexing := c.indexing(); len(indexing) > 0 {
			text := "indexing " + indexing[0]
			if len(indexing) > 1 {
				text += fmt.Sprintf(" and %d more", len(indexing)-1)
			}
			parts = append(parts, text)
		}
		if c.RowRate > 0 {
			parts = append(parts, Rate(c.RowRate, "rows"))
		}
		if eta := ETA(c.RowsTotal-c.RowsDone, c.RowRate); eta != "" {
			parts = append(parts, "eta "+eta)
		}
	}
	for _, l := range s.Links {
		parts = append(parts, linkSummary(l))
	}
	return strings.Join(append(parts, waits(s.Waiting)...), ", ")
}

// indexing lists the tables whose rows are there and whose indexes are not.
func (c Copy) indexing() (names []string) {
	for _, t := range c.Tables {
		if t.State == TableIndexing {
			names = append(names, t.Name)
		}
	}
	return names
}

// waits says who waits for what, in a line that is read in passing.
func waits(list []Wait) (texts []string) {
	for i, w := range list {
		if i == 2 {
			return append(texts, fmt.Sprintf("%d more wait", len(list)-i))
		}
		texts = append(texts, w.Who+" waits for "+w.For)
	}
	return texts
}

func linkSummary(l Link) string {
	text := l.Name + " " + l.State
	if l.LagSeconds >= 0 {
		text += " " + Seconds(l.LagSeconds) + " behind"
	}
	if l.LagBytes > 0 {
		text += " (" + Bytes(l.LagBytes) + ")"
	}
	if l.TxRate > 0 {
		text += " at " + Rate(l.TxRate, "tx")
	}
	return text
}
