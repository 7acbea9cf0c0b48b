package bench

import (
	"fmt"
	"maps"
	"slices"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
)

// writeHandovers writes what the part has measured.
func writeHandovers(out ui.Stream, h *Handovers) error {
	if h == nil {
		return nil
	}
	fmt.Fprintf(out, "\n%s\n", out.Paint(ui.Bold, fmt.Sprintf("handover: %d there, %d back, %d writers, %.0f tx/s", h.Forward.Handovers, h.Back.Handovers, h.Writers, h.TPS)))
	pauses := ui.Table{Indent: 2, Right: []int{1, 2, 3, 4}, Header: []string{"nobody could write, ms", "p50", "p99", "max", "undone"}}
	for _, one := range []struct {
		name string
		s    rehearsal.Summary
	}{{"to the target", h.Forward}, {"back to the source", h.Back}, {"all", h.All}} {
		pauses.Row(one.name, ms(one.s.Pause.P50), ms(one.s.Pause.P99), ms(one.s.Pause.Max), fmt.Sprint(one.s.Undone))
	}
	if err := pauses.Write(out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	steps := ui.Table{Indent: 2, Right: []int{1, 2, 3, 4}, Header: []string{"step, ms", "p50", "p99", "max", "of the pause"}}
	for _, s := range h.All.Steps {
		share := ""
		if s.Share > 0 {
			share = fmt.Sprintf("%.0f %%", s.Share*100)
		}
		steps.Row(s.Step, ms(s.P50), ms(s.P99), ms(s.Max), share)
	}
	if err := steps.Write(out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	facts := ui.Table{Indent: 2}
	for _, why := range slices.Sorted(maps.Keys(h.All.Why)) {
		facts.Row("undone", fmt.Sprintf("%d times: %s", h.All.Why[why], why))
	}
	text := ui.Count(h.All.Failed) + " statements failed"
	for _, class := range slices.Sorted(maps.Keys(h.All.Errors)) {
		text += fmt.Sprintf(", %s %s", ui.Count(h.All.Errors[class]), class)
	}
	facts.Row("application", text)
	facts.Row("in those that were undone", ui.Count(h.All.FailedUndone)+" statements failed")
	if h.Count.Rows > 0 {
		facts.Row("rows", fmt.Sprintf("%s; %d lost, %d duplicated, %d misplaced", h.Count, h.Count.Lost, h.Count.Duplicated, h.Count.Misplaced))
	}
	if h.Guards.Without > 0 {
		facts.Row("armed guards", fmt.Sprintf("%.0f tx/s instead of %.0f, %.0f %% less", h.Guards.With, h.Guards.Without, h.Guards.Cost*100))
	}
	return facts.Write(out)
}

func ms(seconds float64) string { return fmt.Sprintf("%.1f", seconds*1000) }
