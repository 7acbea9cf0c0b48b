package bench

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tandem/cmd/internal/ui"
)

// writeReport writes a report as tables.
func writeReport(out ui.Stream, r Report) error {
	fmt.Fprintf(out, "MySQL %s, %d cores, durability %s, load %.1f when it began\n", r.Machine.MySQL, r.Machine.CPUs, r.Settings.Durability, r.Machine.Load)
	if len(r.Settings.Tandem) > 0 {
		fmt.Fprintf(out, "tandem with %s\n", strings.Join(r.Settings.Tandem, " "))
	}
	for _, race := range r.Races {
		if err := writeRace(out, race); err != nil {
			return err
		}
	}
	if err := writeLatency(out, r.Latency); err != nil {
		return err
	}
	if err := writeHandovers(out, r.Handovers); err != nil {
		return err
	}
	if err := writeMicro(out, r.Micro); err != nil {
		return err
	}
	return writeGoals(out, r.Goals)
}

func writeRace(out ui.Stream, race Race) error {
	fmt.Fprintf(out, "\n%s\n", out.Paint(ui.Bold, race.Name+": "+race.Title))
	work := ui.Count(race.Rows) + " rows, " + ui.Bytes(race.Bytes)
	if race.Transactions > 0 {
		work = ui.Count(int64(race.Transactions)) + " transactions, " + work + " of binlog"
	}
	fmt.Fprintln(out, work)
	table := ui.Table{Indent: 2, Right: []int{1, 2, 3, 4, 5, 6, 7, 8, 9},
		Header: []string{"", "seconds", "tx/s", "rows/s", "tandem is", "CPU s: source", "target", "tool", "µs/row", "memory", "equal"}}
	var notes []string
	for _, result := range race.Results {
		if result.Skipped != "" {
			notes = append(notes, result.Contender+": "+result.Skipped)
			continue
		}
		m := result.Median
		if len(result.Rounds) == 0 {
			continue // the run ended before its turn
		}
		perSecond := func(n float64) string {
			if n == 0 {
				return ""
			}
			return ui.Short(n / m.Seconds)
		}
		ratio, memory, same := "", "", "yes"
		if result.Ratio > 0 {
			ratio = fmt.Sprintf("%.2f×", result.Ratio)
		}
		if m.Peak > 0 {
			memory = ui.Bytes(m.Peak)
		}
		if m.Difference != "" {
			same = "no"
			notes = append(notes, result.Contender+": "+m.Difference)
		}
		if m.Startup > 0 {
			notes = append(notes, fmt.Sprintf("%s: %.2f s until the first transaction was applied, start-up included", result.Contender, m.Startup))
		}
		table.Row(result.Contender, fmt.Sprintf("%.2f", m.Seconds), perSecond(float64(race.Transactions)), perSecond(float64(race.Rows)), ratio,
			seconds(m.CPU.Source), seconds(m.CPU.Target), seconds(m.CPU.Tool), fmt.Sprintf("%.1f", m.CPU.total()*1e6/float64(race.Rows)), memory, same)
	}
	if err := table.Write(out); err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(out, "  "+strings.ReplaceAll(note, "\n", "\n    "))
	}
	return nil
}

func seconds(s float64) string { return fmt.Sprintf("%.2f", s) }

func writeLatency(out ui.Stream, list []Latency) error {
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n%s\n", out.Paint(ui.Bold, "latency: from COMMIT on the source to visible on the target"))
	table := ui.Table{Indent: 2, Right: []int{1, 2, 3, 4}, Header: []string{"", "samples", "p50 ms", "p99 ms", "max ms"}}
	for _, l := range list {
		table.Row(l.Contender, ui.Count(int64(l.Samples)), seconds(l.P50), seconds(l.P99), seconds(l.Max))
	}
	return table.Write(out)
}

func writeMicro(out ui.Stream, list []Micro) error {
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n%s\n", out.Paint(ui.Bold, "Go's benchmarks"))
	table := ui.Table{Indent: 2, Right: []int{1, 2, 3}, Header: []string{"", "ns", "B", "allocations", "else"}}
	for _, m := range list {
		var others []string
		for _, unit := range slices.Sorted(maps.Keys(m.Metrics)) {
			if unit != "ns/op" && unit != "B/op" && unit != "allocs/op" {
				others = append(others, ui.Short(m.Metrics[unit])+" "+unit)
			}
		}
		table.Row(m.Name, ui.Short(m.Metrics["ns/op"]), ui.Short(m.Metrics["B/op"]), ui.Short(m.Metrics["allocs/op"]), strings.Join(others, ", "))
	}
	return table.Write(out)
}

func writeGoals(out ui.Stream, list []Goal) error {
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n%s\n", out.Paint(ui.Bold, "goals"))
	table := ui.Table{Indent: 2, Right: []int{2, 3}, Header: []string{"", "against", "wanted", "got", "", ""}}
	for _, goal := range list {
		limit, word := "≥ ", ui.Cell{Text: "met", Style: ui.Green}
		if goal.Race == partLatency {
			limit = "≤ "
		}
		if !goal.Met {
			word = ui.Cell{Text: "missed", Style: ui.Red}
		}
		table.Cells(ui.Cell{Text: goal.Race}, ui.Cell{Text: goal.Against}, ui.Cell{Text: fmt.Sprintf("%s%.1f", limit, goal.Want)},
			ui.Cell{Text: fmt.Sprintf("%.2f", goal.Got)}, ui.Cell{Text: goal.What}, word)
	}
	return table.Write(out)
}
