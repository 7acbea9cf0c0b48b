package cli

import (
	"fmt"
	"log/slog"
	"strings"

	"tandem/cmd/internal/ui"
	"tandem/plans/runner"
)

// planScreen shows how a run goes on: lines that stay, and one that moves. With
// --log-format json it is one object a line.
type planScreen struct {
	app  *app
	live *ui.Live
	last string // what the moving line has said
}

func (a *app) planScreen() *planScreen { return &planScreen{app: a, live: ui.NewLive(a.err)} }

// level is the least level of the log beside the screen, which tells the rest.
func (s *planScreen) level() slog.Level {
	if s.app.flags.logFormat == "json" {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// show is called by one goroutine at a time.
func (s *planScreen) show(e runner.Event) {
	if s.app.flags.logFormat == "json" {
		s.log(e)
		return
	}
	paint := s.app.err.Paint
	switch e.Kind {
	case runner.StageBegun:
		s.line("%s %s", paint(ui.Cyan, "==>"), paint(ui.Bold, "stage "+e.Stage+": "+e.Text))
	case runner.Waiting:
		s.move("    " + e.Text)
	case runner.GatesAsked:
		s.move("    " + gatesText(e.Gates))
	case runner.StepStarted:
		s.move("    " + e.Title)
	case runner.StepDone:
		text := fmt.Sprintf("    %-34s %8s", e.Title, ui.Duration(e.Took))
		if e.Text != "" {
			text += "  " + e.Text
		}
		s.line("%s", text)
	case runner.StepBack:
		s.line("    undone: %s", e.Title)
	case runner.TryAgain:
		s.line("    again: %s", e.Text)
	case runner.Paused:
		s.line("    %s", paint(ui.Bold, "writers waited "+ui.Duration(e.Took)))
	case runner.StageDone:
		s.line("%s stage %s: %s", paint(ui.Green, "ok "), e.Stage, stageDone(e))
	case runner.StageBack:
		s.line("%s stage %s: undone", paint(ui.Yellow, "   "), e.Stage)
	case runner.Said:
		s.line("    stage %s %s", e.Stage, e.Text)
	}
}

func stageDone(e runner.Event) string {
	if e.Text == "source" || e.Text == "target" {
		return "applications write on the " + e.Text
	}
	return e.Text
}

func (s *planScreen) line(format string, args ...any) {
	s.live.Done("")
	s.last = ""
	s.app.say(format, args...)
}

// move changes the moving line. Elsewhere than on a terminal a line is written
// only when it says something new.
func (s *planScreen) move(text string) {
	if text == s.last && !s.app.err.TTY {
		return
	}
	if s.live.Set(text) {
		s.last = text
	}
}

func gatesText(gates []runner.GateState) string {
	holding := 0
	var waits []string
	for _, g := range gates {
		if g.Holds {
			holding++
			continue
		}
		waits = append(waits, strings.TrimPrefix(g.Title, "gate: ")+": "+g.Says)
	}
	text := fmt.Sprintf("%d of %d gates hold", holding, len(gates))
	if len(waits) > 0 {
		text += "; waiting for " + strings.Join(waits, "; ")
	}
	return text
}

func (s *planScreen) log(e runner.Event) {
	attrs := []any{"run", e.Run, "stage", e.Stage}
	if e.Step != "" {
		attrs = append(attrs, "step", e.Step)
	}
	if e.Text != "" {
		attrs = append(attrs, "text", e.Text)
	}
	if e.Took > 0 {
		attrs = append(attrs, "took_seconds", e.Took.Seconds())
	}
	if e.Kind == runner.GatesAsked {
		text := gatesText(e.Gates)
		if text == s.last {
			return
		}
		s.last = text
		attrs = append(attrs, "text", text)
	}
	s.app.log.Info(string(e.Kind), attrs...)
}
