package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLines(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := NewLines(&b, 10*time.Second)
	s := copying()
	begin := s.At
	for _, after := range []time.Duration{0, time.Second, 9 * time.Second, 11 * time.Second, 12 * time.Second} {
		s.At = begin.Add(after)
		s.Copy.RowsDone += 1000
		p.Update(s)
	}
	// Another phase is told at once, the same line never twice.
	s.Phase, s.Waiting, s.Copy.TablesDone, s.Links[0] = PhaseStreaming, nil, 4, Link{Name: "forward", State: "streaming", LagSeconds: 0.5, TxRate: 20}
	p.Update(s)
	s.At = s.At.Add(time.Minute)
	p.Update(s)
	fmt.Fprintln(p, "a message")
	p.Close()
	want := `copying, 1 of 4 tables, 413k of ~1.20M rows (34%), 57.0 MiB, 52.1k rows/s, eta 16s, forward catching up 12s behind (3.00 MiB) at 231 tx/s, courier.payouts waits for a free worker (4 of 4 in work)
copying, 1 of 4 tables, 416k of ~1.20M rows (34%), 57.0 MiB, 52.1k rows/s, eta 16s, forward catching up 12s behind (3.00 MiB) at 231 tx/s, courier.payouts waits for a free worker (4 of 4 in work)
streaming, forward streaming 500ms behind at 20 tx/s
a message
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := NewEvents(slog.New(slog.NewJSONHandler(&b, nil)), &b, time.Minute)
	s := copying()
	p.Update(s)
	p.Update(s)
	s.Phase = PhaseStreaming
	p.Update(s)
	p.Close()
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines:\n%s", len(lines), b.String())
	}
	var event struct {
		Msg    string `json:"msg"`
		Status Status `json:"status"`
	}
	if err := json.Unmarshal([]byte(lines[1]), &event); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, event.Status); event.Msg != "progress" || diff != "" {
		t.Errorf("message %q, status -want +got\n%s", event.Msg, diff)
	}
}

// TestBars draws a whole copy and looks at what is left on the screen.
func TestBars(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := NewBars(Stream{Writer: &b, TTY: true})
	s := copying()
	p.Update(s)
	fmt.Fprintln(p, "a message")
	for i := range s.Copy.Tables {
		s.Copy.Tables[i].State = TableDone
	}
	s.Phase, s.Waiting, s.Copy.TablesDone, s.Copy.RowsDone, s.Copy.RowRate = PhaseStreaming, nil, 4, 1_234_567, 0
	s.Links[0] = Link{Name: "forward", State: "streaming", LagSeconds: 0.5}
	p.Update(s)
	p.Close()
	p.Update(s) // too late, and harmless
	fmt.Fprintln(p, "a late message")
	p.Close()
	text := b.String()
	for _, want := range []string{"a message\n", "a late message\n", "100%  4/4 tables  1.23M rows  57.0 MiB", "forward streaming 500ms behind"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the screen:\n%q", want, text)
		}
	}
	// What is drawn last has no table of its own any more.
	frames := regexp.MustCompile(`\x1b\[\d+A`).Split(text, -1)
	if last := frames[len(frames)-1]; strings.Contains(last, "courier.positions") {
		t.Errorf("a table that is done still has a bar: %q", last)
	}
}

// TestIndexing: a table whose rows are there says what it is waited for, on every
// kind of progress.
func TestIndexing(t *testing.T) {
	t.Parallel()
	s := copying()
	s.Copy.Tables[2].State, s.Copy.Tables[2].RowRate = TableIndexing, 0
	var b bytes.Buffer
	p := NewBars(Stream{Writer: &b, TTY: true})
	p.Update(s)
	p.Close()
	if want := "100%  411k rows  56.0 MiB  building indexes"; !strings.Contains(b.String(), want) {
		t.Errorf("%q is not on the screen:\n%q", want, b.String())
	}
	if text := Summary(s); !strings.Contains(text, ", indexing courier.positions, ") {
		t.Error(text)
	}
	s.Copy.Tables[1].State = TableIndexing
	if text := Summary(s); !strings.Contains(text, ", indexing courier.payouts and 1 more, ") {
		t.Error(text)
	}
	if got := s.Copy.unfinished(); got[0].State != TableCopying || got[1].State != TableIndexing {
		t.Errorf("the list begins with %s, %s", got[0].State, got[1].State)
	}
	// A table in work has news, so its bar comes first where there are too many.
	many := Copy{TablesTotal: maxBars + 2}
	for i := range maxBars {
		many.Tables = append(many.Tables, TableCopy{Name: fmt.Sprintf("d.indexed%d", i), State: TableIndexing})
	}
	many.Tables = append(many.Tables, TableCopy{Name: "d.copied", State: TableCopying, RowsTotal: 9})
	b.Reset()
	p = NewBars(Stream{Writer: &b, TTY: true})
	p.Update(Status{Copy: many})
	p.Close()
	if text := b.String(); !strings.Contains(text, "d.copied") || strings.Contains(text, fmt.Sprintf("d.indexed%d", maxBars-1)) {
		t.Errorf("the bars are of others:\n%q", text)
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	var tty, log bytes.Buffer
	for _, l := range []*Live{NewLive(Stream{Writer: &tty, TTY: true}), NewLive(Stream{Writer: &log})} {
		l.Set("one")
		l.Set("two")
		l.Done("end")
	}
	if got, want := tty.String(), "\rone\x1b[K\rtwo\x1b[K\r\x1b[Kend\n"; got != want {
		t.Errorf("terminal shows %q, want %q", got, want)
	}
	if got, want := log.String(), "one\nend\n"; got != want {
		t.Errorf("log shows %q, want %q", got, want)
	}
}
