package ui

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestStreamWithoutTerminal(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for mode, colour := range map[string]bool{ColorAuto: false, ColorNever: false, ColorAlways: true} {
		s := NewStream(file, mode, func(string) string { return "" })
		if s.TTY || s.Color != colour || s.Width() != 0 {
			t.Errorf("%s: %+v", mode, s)
		}
	}
	if got := (Stream{Color: true}).Paint(Red, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("painted %q", got)
	}
}

func TestPrompterWithoutTerminal(t *testing.T) {
	t.Parallel()
	p := NewPrompter(bytes.NewBufferString("yes\n"), Stream{Writer: &bytes.Buffer{}}, false)
	if p.CanAsk() {
		t.Error("a buffer counts as somebody to ask")
	}
	if _, err := p.Ask("name", "x", nil); !errors.Is(err, ErrNoInput) {
		t.Errorf("error is %v", err)
	}
}

func TestPrompter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := NewPrompter(bytes.NewBufferString("\nbad\ngood\ncourier\nno\n"), Stream{Writer: &out}, false)
	p.ask = true // as on a terminal
	check := func(answer string) error {
		if answer == "bad" {
			return errors.New("not that one")
		}
		return nil
	}
	if got, err := p.Ask("first", "default", check); err != nil || got != "default" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := p.Ask("second", "", check); err != nil || got != "good" {
		t.Errorf("got %q, %v", got, err)
	}
	if ok, err := p.Confirm("everything goes", "courier"); err != nil || !ok {
		t.Errorf("confirmed: %v, %v", ok, err)
	}
	if ok, err := p.Confirm("everything goes", "courier"); err != nil || ok {
		t.Errorf("confirmed: %v, %v", ok, err)
	}
	if _, err := p.Ask("third", "", nil); err == nil {
		t.Error("no error at the end of the input")
	}
	want := "first [default]: second:   not that one\nsecond: everything goes; type courier to go on: everything goes; type courier to go on: third: "
	if got := out.String(); got != want {
		t.Errorf("asked %q\nwant  %q", got, want)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	table := &Table{Header: []string{"NAME", "N", ""}, Right: []int{1}, Indent: 1}
	table.Row("a", "1", "x")
	table.Row("宅配", "1000", "")
	if err := table.Write(Stream{Writer: &b}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), " NAME     N\n a        1  x\n 宅配  1000\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
