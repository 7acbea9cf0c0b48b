package cli

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// report is what a run did, with the migration it belongs to.
type report struct {
	Migration string `json:"migration"`
	runner.Account
}

func accountOf(migration string, p runner.Past) report {
	return report{migration, p.Account()}
}

// name is that of the report's object: one for each run. A run that has not ended
// may have several, each as far as it had come.
func (r report) name() string {
	name := "tandem-" + r.Migration + "-" + r.Run
	if r.Ended.IsZero() {
		name += fmt.Sprintf("-unfinished-%d", r.Entries)
	}
	return name
}

// Took is how long the run lasted, in words.
func (r report) Took() string {
	if r.Ended.IsZero() {
		return "has not ended"
	}
	return ui.Duration(r.Ended.Sub(r.Begun))
}

// Result is the outcome, in words.
func (r report) Result() string {
	if r.Outcome == "" {
		return "not ended"
	}
	return r.Outcome
}

func (r report) write(out ui.Stream) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  run %s of plan %s (%s to the %s): %s\n", out.Paint(ui.Bold, r.Migration), r.Run, r.Plan, r.Mode, r.To, out.Paint(ui.Bold, r.Result()))
	fmt.Fprintf(&b, "begun %s by %s, %s; digest %s\n", stamp(r.Begun), r.Who, r.Took(), shortDigest(r.Digest))
	if r.Error != "" {
		fmt.Fprintf(&b, "%s\n", r.Error)
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return err
	}
	for _, s := range r.Stages {
		title := "\nstage " + s.Stage
		if len(s.Groups) > 0 {
			title += ": " + strings.Join(s.Groups, ", ")
		}
		if !s.Handed.IsZero() {
			title += fmt.Sprintf("; handed over %s, writers waited %s", stamp(s.Handed), ui.Seconds(s.Pause))
		}
		for _, p := range s.Approvals {
			title += fmt.Sprintf("; approved by %s at %s", p.Who, stamp(p.At))
		}
		if _, err := fmt.Fprintln(out, title); err != nil {
			return err
		}
		t := &ui.Table{Header: []string{"STEP", "BEGUN", "TOOK", "", "SAYS"}, Right: []int{2}}
		for _, one := range s.Steps {
			t.Row(one.Step, one.Begun.UTC().Format("15:04:05"), ui.Seconds(one.Took), one.Outcome, one.Says)
		}
		if err := t.Write(out); err != nil {
			return err
		}
	}
	if len(r.Findings) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(out, "\nfindings"); err != nil {
		return err
	}
	t := &ui.Table{}
	for _, f := range r.Findings {
		t.Row(f.At.UTC().Format("15:04:05"), f.Step, sayData(f.Data))
	}
	return t.Write(out)
}

func shortDigest(digest string) string { return digest[:min(12, len(digest))] }

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// sayData writes what was noted in one line, in a stable order.
func sayData(d journal.Data) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(d)) {
		parts = append(parts, fmt.Sprintf("%s=%v", name, d[name]))
	}
	return strings.Join(parts, " ")
}

//go:embed report.html.tmpl
var reportPage string

// html writes one page that needs nothing but itself, and may load nothing.
func (r report) html(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"stamp":   stamp,
		"seconds": ui.Seconds,
		"data":    sayData,
		"list":    func(l []string) string { return strings.Join(l, ", ") },
	}).Parse(reportPage)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}
