package ui

import (
	"fmt"
	"slices"
	"strings"
)

// maxTables is how many tables the screen lists: those being copied first.
const maxTables = 20

// WriteStatus writes the status as one screen.
func WriteStatus(out Stream, s Status) error {
	w := &screen{out: out}
	title := out.Paint(Bold, s.Migration) + "  " + out.Paint(phaseStyle(s.Phase), string(s.Phase))
	if s.Replicator != "" {
		title += out.Paint(Dim, "  by "+s.Replicator)
	}
	w.line("%s", title)
	w.sides(s)
	w.links(s.Links)
	w.groups(s)
	w.copy(s.Copy)
	w.verified(s)
	w.retention(s.Retention)
	if len(s.Waiting) > 0 {
		t := w.section("waiting")
		for _, wait := range s.Waiting {
			t.Row(wait.Who, "for "+wait.For, since(wait.Since))
		}
		w.table(t)
	}
	if len(s.Notes) > 0 {
		t := w.section("note")
		for _, note := range s.Notes {
			t.Row(note)
		}
		w.table(t)
	}
	t := w.section("next")
	if len(s.Next) == 0 {
		t.Row(nothingToDo(s.Phase))
		w.table(t)
	} else {
		for _, next := range s.Next {
			t.Cells(Cell{next.Command, Bold}, Cell{next.Why, Plain})
		}
		w.table(t)
	}
	return w.err
}

// screen collects the first error, so that the layout is not full of checks.
type screen struct {
	out Stream
	err error
}

func (w *screen) line(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format+"\n", args...)
	}
}

func (w *screen) table(t *Table) {
	if w.err == nil {
		w.err = t.Write(w.out)
	}
}

func (w *screen) section(title string) *Table {
	w.line("")
	w.line("%s", w.out.Paint(Bold, title))
	return &Table{Indent: 2}
}

// nothingToDo says so: who looks at three in the morning must not wonder.
func nothingToDo(p Phase) string {
	switch p {
	case PhaseCopying, PhasePreparing:
		return "nothing: it goes on by itself; tandem status looks again"
	case PhaseStreaming:
		return "nothing: both sides are kept in step"
	default:
		return "tandem replicate"
	}
}

func (w *screen) sides(s Status) {
	w.line("")
	t := &Table{Header: []string{"", "source", "target"}}
	t.Row("server", s.Source.Server, s.Target.Server)
	if s.Source.Version+s.Target.Version != "" {
		t.Row("mysql", s.Source.Version, s.Target.Version)
	}
	a, b := positionLines(s.Source.Position), positionLines(s.Target.Position)
	for i := range max(len(a), len(b)) {
		label := ""
		if i == 0 {
			label = "position"
		}
		t.Row(label, at(a, i), at(b, i))
	}
	w.table(t)
	for _, side := range []struct{ name, err string }{{"source", s.Source.Error}, {"target", s.Target.Error}} {
		if side.err != "" {
			w.line("%s", w.out.Paint(Red, side.name+": "+side.err))
		}
	}
}

// verified tells how far the rows have been compared.
func (w *screen) verified(s Status) {
	v := s.Verified
	if v == nil {
		return
	}
	style, text := Green, "no row differs"
	switch {
	case v.Mismatches > 0:
		style, text = Red, Count(v.Mismatches)+" rows differ: tandem verify"
	case v.Pending > 0:
		style, text = Yellow, Count(v.Pending)+" rows did not stand still"
	}
	w.line("")
	w.line("verified  %s  %s", w.out.Paint(style, text), w.out.Paint(Dim, fmt.Sprintf("%d tables, as of %s ago; all rows %s ago",
		v.Tables, Seconds(s.At.Sub(v.At).Seconds()), Seconds(s.At.Sub(v.FullAt).Seconds()))))
}

func (w *screen) links(links []Link) {
	if len(links) == 0 {
		return
	}
	w.line("")
	t := &Table{Header: []string{"link", "state", "behind", "", "", "applies", ""}, Right: []int{2, 3, 4, 5, 6}}
	for _, l := range links {
		behind := Cell{Text: "unknown"}
		if l.LagSeconds >= 0 {
			behind.Text = Seconds(l.LagSeconds)
			if l.LagSeconds >= 10 {
				behind.Style = Yellow
			}
		}
		t.Cells(Cell{Text: l.Name}, Cell{l.State, stateStyle(l.State)}, behind,
			Cell{Text: unless(l.LagBytes, Bytes)}, Cell{Text: unless(l.LagTx, func(n int64) string { return Count(n) + " tx" })},
			Cell{Text: Rate(l.TxRate, "tx")}, Cell{Text: Rate(l.RowRate, "rows")})
	}
	w.table(t)
	for _, l := range links {
		if l.Breaches > 0 {
			w.line("%s", w.out.Paint(Red, fmt.Sprintf("%s: %s breaches (changes on a side that does not own the table) kept in _tandem.breach, not applied", l.Name, Count(l.Breaches))))
		}
		if l.Conflicts > 0 {
			w.line("%s", w.out.Paint(Yellow, fmt.Sprintf("%s: %s conflicts recorded in _tandem.conflict", l.Name, Count(l.Conflicts))))
		}
		if l.Error != "" {
			w.line("%s", w.out.Paint(Red, l.Name+": "+l.Error))
		}
	}
}

func (w *screen) copy(c Copy) {
	if c.TablesTotal == 0 {
		return
	}
	w.line("")
	t := &Table{Header: []string{"copy", "state", "rows", "", "size", "rate", "eta"}, Right: []int{2, 3, 4, 5, 6}}
	rows, eta := rowsOf(c.RowsDone, c.RowsTotal), ETA(c.RowsTotal-c.RowsDone, c.RowRate)
	if c.TablesDone == c.TablesTotal {
		rows, eta = Short(float64(c.RowsDone)), ""
	}
	t.Cells(Cell{"all", Bold}, Cell{Text: fmt.Sprintf("%d of %d", c.TablesDone, c.TablesTotal)}, Cell{Text: rows},
		Cell{Text: copyPercent(c)}, Cell{Text: Bytes(c.BytesDone)}, Cell{Text: rateIf(c.RowRate)}, Cell{Text: eta})
	listed := c.unfinished()
	for i, table := range listed {
		if i == maxTables {
			break
		}
		rows, percent, eta := rowsOf(table.RowsDone, table.RowsTotal), Percent(min(table.RowsDone, table.RowsTotal-1), table.RowsTotal), ETA(table.RowsTotal-table.RowsDone, table.RowRate)
		if table.State == TableIndexing {
			rows, percent, eta = Short(float64(table.RowsDone)), "100%", ""
		}
		t.Cells(Cell{Text: table.Name}, Cell{table.State, stateStyle(table.State)}, Cell{Text: rows}, Cell{Text: percent},
			Cell{Text: Bytes(table.BytesDone)}, Cell{Text: rateIf(table.RowRate)}, Cell{Text: eta})
	}
	w.table(t)
	if more := len(listed) - maxTables; more > 0 {
		w.line("%s", w.out.Paint(Dim, fmt.Sprintf("and %d more; -o json lists all", more)))
	}
}

// unfinished lists the tables that are not done, failed ones first and those that
// wait last.
func (c Copy) unfinished() []TableCopy {
	var list []TableCopy
	for _, t := range c.Tables {
		if t.State != TableDone {
			list = append(list, t)
		}
	}
	order := []string{TableFailed, TableCopying, TableIndexing, TableWaiting}
	slices.SortStableFunc(list, func(a, b TableCopy) int {
		return slices.Index(order, a.State) - slices.Index(order, b.State)
	})
	return list
}

// copyPercent is 100% only when every table is done: the totals are estimates.
func copyPercent(c Copy) string {
	if c.TablesDone == c.TablesTotal {
		return "100%"
	}
	return Percent(min(c.RowsDone, c.RowsTotal-1), c.RowsTotal)
}

func phaseStyle(p Phase) Style {
	switch p {
	case PhaseStreaming:
		return Green
	case PhaseCopying, PhasePreparing:
		return Cyan
	case PhaseFailed:
		return Red
	default:
		return Yellow
	}
}

func stateStyle(state string) Style {
	switch state {
	case "streaming", TableDone:
		return Green
	case TableCopying, TableIndexing, "catching up":
		return Cyan
	case TableFailed, "broken":
		return Red
	default:
		return Plain
	}
}

// positionLines shortens a GTID set to what is compared by eye: one line per
// server, with the beginning of its id.
func positionLines(set string) []string {
	if set == "" {
		return []string{"none"}
	}
	var lines []string
	for _, part := range strings.Split(strings.ReplaceAll(set, "\n", ""), ",") {
		id, ranges, _ := strings.Cut(strings.TrimSpace(part), ":")
		if len(id) > 8 {
			id = id[:8] + "…"
		}
		if i := strings.LastIndex(ranges, ":"); i >= 0 && len(ranges) > 40 {
			ranges = "…" + ranges[i:]
		}
		lines = append(lines, id+":"+ranges)
	}
	if len(lines) > 4 {
		lines = append(lines[:3], fmt.Sprintf("and %d more", len(lines)-3))
	}
	return lines
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

func unless(n int64, format func(int64) string) string {
	if n < 0 {
		return ""
	}
	return format(n)
}

// rowsOf writes how many rows are done, and of how many if that is known.
func rowsOf(done, total int64) string {
	if total <= done {
		return Short(float64(done))
	}
	return Short(float64(done)) + " of ~" + Short(float64(total))
}

func rateIf(perSecond float64) string {
	if perSecond <= 0 {
		return ""
	}
	return Rate(perSecond, "rows")
}

func since(seconds float64) string {
	if seconds <= 0 {
		return ""
	}
	return "since " + Seconds(seconds)
}
