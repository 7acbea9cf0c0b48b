package cli

import (
	"fmt"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/sandbox/bank"
)

// demoResult is the result of tandem sandbox demo.
type demoResult struct {
	Equal       bool       `json:"equal"`
	Source      string     `json:"source_version"`
	Target      string     `json:"target_version"`
	Tables      int        `json:"tables"`
	Rows        int64      `json:"rows"`
	CopySeconds float64    `json:"copy_seconds"`
	CopyRows    int64      `json:"copied_rows"`
	CopyBytes   int64      `json:"copied_bytes"`
	Applied     int64      `json:"applied_transactions"`
	CatchUp     float64    `json:"catch_up_seconds"`
	Compare     float64    `json:"compare_seconds"`
	Seconds     float64    `json:"seconds"`
	Load        loadResult `json:"load"`
	Different   []string   `json:"different,omitempty"`
	// Proved are the rows that tandem's own comparison has found equal, before the
	// handovers and after.
	Proved [2]int64 `json:"proved_rows"`
	// Handovers are those of the plan and the one back; Bank is the count of the
	// bank's transactions.
	Handovers []rehearsal.Handover `json:"handovers"`
	Banked    int64                `json:"bank_transactions"`
	Bank      bank.Verdict         `json:"bank"`
}

// report prints the verdict. Databases that are not equal are the run's error.
func (d *demo) report() error {
	r := demoResult{
		Equal: d.verdict.Equal, Source: d.pair.Source.Install().Number(), Target: d.pair.Target.Install().Number(),
		Tables: len(d.verdict.Tables), Rows: d.verdict.Rows(),
		CopySeconds: d.copyTook.Seconds(), CopyRows: d.rows, CopyBytes: d.bytes, Applied: d.applied,
		CatchUp: d.caughtUp.Seconds(), Compare: d.verdict.Took.Seconds(), Seconds: time.Since(d.began).Seconds(), Load: loadResultOf(d.courier),
		Proved: d.proved, Handovers: d.handovers, Banked: d.banked, Bank: d.count,
	}
	for _, t := range d.verdict.Different() {
		r.Different = append(r.Different, t.Database+"."+t.Table+": "+t.Problem)
	}
	if err := d.result(r, func(out ui.Stream) error { return writeDemo(out, r) }); err != nil {
		return err
	}
	if !r.Equal {
		return &mismatchError{d.verdict}
	}
	if !d.count.OK() {
		return &lostError{d.count}
	}
	return nil
}

func writeDemo(out ui.Stream, r demoResult) error {
	verdict := out.Paint(ui.Green, "equal")
	if !r.Equal {
		verdict = out.Paint(ui.Red, "NOT EQUAL")
	}
	if _, err := fmt.Fprintf(out, "\n%s  %d tables, %s rows, every cell compared, MySQL %s to %s\n\n", verdict, r.Tables, ui.Count(r.Rows), r.Source, r.Target); err != nil {
		return err
	}
	t := &ui.Table{Indent: 2}
	t.Row("copied", fmt.Sprintf("%s rows, %s in %s", ui.Count(r.CopyRows), ui.Bytes(r.CopyBytes), ui.Seconds(r.CopySeconds)),
		fmt.Sprintf("%s, %s", ui.Rate(per(float64(r.CopyRows), r.CopySeconds), "rows"), ui.ByteRate(per(float64(r.CopyBytes), r.CopySeconds))))
	t.Row("streamed", ui.Count(r.Applied)+" transactions", "caught up in "+ui.Seconds(r.CatchUp))
	for _, h := range r.Handovers {
		t.Row(h.Stage+" to the "+h.To, handoverText(h), fmt.Sprintf("%s statements failed", ui.Count(h.Failed)))
	}
	t.Row("couriers", ui.Count(r.Load.Committed)+" transactions meanwhile", fmt.Sprintf("%s, p99 %s", ui.Rate(r.Load.TPS, "tx"), ui.Seconds(r.Load.P99)))
	t.Row("bank", ui.Count(r.Banked)+" transactions meanwhile", bankText(r.Bank))
	t.Row("compared", "in "+ui.Seconds(r.Compare), "")
	t.Row("all in all", ui.Seconds(r.Seconds), "")
	if err := t.Write(out); err != nil {
		return err
	}
	for _, text := range r.Different {
		if _, err := fmt.Fprintln(out, out.Paint(ui.Red, text)); err != nil {
			return err
		}
	}
	return nil
}

// handoverText says how long nobody could write: as the application saw it where
// one was looking, and as tandem says elsewhere.
func handoverText(h rehearsal.Handover) string {
	switch {
	case h.Undone != "":
		return "undone"
	case h.Pause > 0:
		return "nobody could write for " + ui.Seconds(h.Pause)
	}
	return "writers waited " + ui.Seconds(h.Waited)
}

func bankText(v bank.Verdict) string {
	if v.OK() {
		return "each there exactly once, on both sides"
	}
	return v.String()
}

func per(amount, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return amount / seconds
}
