package ui

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// maxBars is how many tables have a bar at once; the rest is in the total.
const maxBars = 8

// NewBars returns progress with moving bars, for a terminal.
func NewBars(out Stream) Progress {
	b := &bars{out: out, tables: map[string]*bar{}}
	options := []mpb.ContainerOption{mpb.WithOutput(out.Writer), mpb.WithRefreshRate(150 * time.Millisecond), mpb.ForceTTY(), mpb.ForceAutoRefresh()}
	if out.Width() == 0 {
		options = append(options, mpb.WithWidth(160))
	}
	b.container = mpb.New(options...)
	return b
}

// bars draws the copy as one bar for the whole and one for each table in work,
// and the links as a line below. The total stays when all is copied.
type bars struct {
	out       Stream
	container *mpb.Progress
	total     *bar
	link      *bar
	tables    map[string]*bar
	closed    bool
}

// bar is one line and what it shows now. mpb draws from a goroutine of its own.
type bar struct {
	*mpb.Bar
	mu   sync.Mutex
	text string
}

func (b *bar) show(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = text
}

func (b *bar) shown(decor.Statistics) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text
}

func (b *bars) Write(p []byte) (int, error) {
	if n, err := b.container.Write(p); err == nil {
		return n, nil
	}
	return b.out.Write(p) // the bars are gone already
}

func (b *bars) Update(s Status) {
	if b.closed {
		return
	}
	if s.Copy.TablesTotal > 0 {
		if b.total == nil {
			b.total = b.add("copy", 1<<20)
		}
		c := s.Copy
		rows := c.RowsTotal
		if c.TablesDone == c.TablesTotal {
			rows = max(c.RowsDone, 1)
		}
		b.total.set(c.RowsDone, rows, fmt.Sprintf(" %4s  %d/%d tables  %s rows  %s%s", copyPercent(c), c.TablesDone, c.TablesTotal,
			Short(float64(c.RowsDone)), Bytes(c.BytesDone), rateAndETA(c.RowRate, c.RowsTotal-c.RowsDone)))
	}
	b.updateTables(s.Copy)
	if len(s.Links) > 0 || len(s.Waiting) > 0 {
		if b.link == nil {
			b.link = &bar{}
			b.link.Bar = b.container.New(1, mpb.NopStyle(), mpb.BarPriority(1<<21), mpb.PrependDecorators(decor.Any(b.link.shown)))
		}
		var parts []string
		for _, l := range s.Links {
			parts = append(parts, linkSummary(l))
		}
		b.link.show(strings.Join(append(parts, waits(s.Waiting)...), " · "))
	}
}

// updateTables keeps a bar for every table in work and takes away the others.
func (b *bars) updateTables(c Copy) {
	live := map[string]bool{}
	// Those that are copied before those whose rows are there: they have news.
	for _, state := range []string{TableCopying, TableIndexing} {
		for i, t := range c.Tables {
			if t.State == state && len(live) < maxBars {
				live[t.Name] = true
				b.updateTable(i, t)
			}
		}
	}
	for name, line := range b.tables {
		if !live[name] {
			line.Abort(true)
			delete(b.tables, name)
		}
	}
}

func (b *bars) updateTable(priority int, t TableCopy) {
	line := b.tables[t.Name]
	if line == nil {
		line = b.add(t.Name, priority)
		b.tables[t.Name] = line
	}
	percent, rest, total := Percent(min(t.RowsDone, t.RowsTotal-1), t.RowsTotal), rateAndETA(t.RowRate, t.RowsTotal-t.RowsDone), t.RowsTotal
	if t.State == TableIndexing {
		percent, rest, total = "100%", "  building indexes", t.RowsDone
	}
	line.set(t.RowsDone, total, fmt.Sprintf(" %4s  %s rows  %s%s", percent, Short(float64(t.RowsDone)), Bytes(t.BytesDone), rest))
}

func (b *bars) add(name string, priority int) *bar {
	line := &bar{}
	line.Bar = b.container.New(0, mpb.BarStyle().Lbound("").Filler("█").Tip("█").Padding("░").Rbound(""),
		mpb.BarPriority(priority), mpb.BarWidth(24),
		mpb.PrependDecorators(decor.Name(Shorten(name, 32)+" ", decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Any(line.shown)))
	return line
}

func (b *bar) set(done, total int64, text string) {
	b.show(text)
	b.SetTotal(max(total, done, 1), false)
	b.SetCurrent(done)
}

// Close leaves the last state of the total on the screen.
func (b *bars) Close() {
	if b.closed {
		return
	}
	b.closed = true
	for _, line := range b.tables {
		line.Abort(true)
	}
	for _, line := range []*bar{b.total, b.link} {
		if line != nil {
			line.Abort(false)
		}
	}
	b.container.Wait()
}

func rateAndETA(perSecond float64, left int64) string {
	if perSecond <= 0 {
		return ""
	}
	text := "  " + Rate(perSecond, "rows")
	if eta := ETA(left, perSecond); eta != "" {
		text += "  eta " + eta
	}
	return text
}
