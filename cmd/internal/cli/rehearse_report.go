package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox/bank"
	"tandem/plans/runner"
)

// rehearseResult is what -o json prints.
type rehearseResult struct {
	Version int               `json:"version"`
	Plan    string            `json:"plan"`
	Digest  string            `json:"digest,omitempty"`
	Schema  string            `json:"schema"` // source or sample
	On      string            `json:"on"`     // sandbox or clones
	Rounds  int               `json:"rounds"`
	Notes   []string          `json:"notes,omitempty"` // what was left out
	All     rehearsal.Summary `json:"all"`
	Stages  []rehearsedStage  `json:"stages"`
	// Before and After are the parity that tandem verify has found.
	Before  string       `json:"parity_before"`
	After   string       `json:"parity_after"`
	Count   bank.Verdict `json:"count"`
	Equal   bool         `json:"equal"`
	Differs []string     `json:"different,omitempty"`
	// Kept tells whether it is in the history that plan run asks.
	Kept      bool                 `json:"kept"`
	Seconds   float64              `json:"seconds"`
	Handovers []rehearsal.Handover `json:"handovers"`
}

type rehearsedStage struct {
	Stage string            `json:"stage"`
	There rehearsal.Summary `json:"handovers"`
	Back  rehearsal.Summary `json:"rollbacks"`
}

func (r *rehearse) result() rehearseResult {
	out := rehearseResult{
		Version: 1, Plan: r.plan.Name, Digest: r.digest.Sum, Schema: "source", On: r.opts.on, Rounds: r.opts.rounds, Notes: r.notes,
		All: rehearsal.Summarise(r.handovers), Before: r.parities[0], After: r.parities[1], Count: r.count, Equal: r.verdict.Equal,
		Seconds: time.Since(r.began).Seconds(), Handovers: r.handovers,
	}
	if r.opts.sample {
		out.Schema = "sample"
	}
	for _, t := range r.verdict.Different() {
		out.Differs = append(out.Differs, t.Database+"."+t.Table+": "+t.Problem)
	}
	for _, s := range r.plan.Stages {
		there, back := []rehearsal.Handover{}, []rehearsal.Handover{}
		for _, h := range r.handovers {
			switch {
			case h.Stage != s.Name:
			case h.To == string(ownership.Target):
				there = append(there, h)
			default:
				back = append(back, h)
			}
		}
		out.Stages = append(out.Stages, rehearsedStage{s.Name, rehearsal.Summarise(there), rehearsal.Summarise(back)})
	}
	return out
}

// report keeps what went well, prints the result, and makes it an exit code.
func (r *rehearse) report(ctx context.Context) error {
	out := r.result()
	var failed error
	switch {
	case !out.Equal && r.opts.on == "clones":
		failed = &clonesDifferError{out.After}
	case !out.Equal:
		failed = &mismatchError{r.verdict}
	case !out.Count.OK():
		failed = &lostError{out.Count}
	case out.All.Undone > 0:
		last := slices.IndexFunc(r.handovers, func(h rehearsal.Handover) bool { return h.Undone != "" })
		h := r.handovers[last]
		failed = &runner.UndoneError{Stage: h.Stage, Owner: ownership.Side(h.To).Opposite(), Why: errors.New(h.Undone)}
	}
	if failed == nil {
		if err := r.keep(ctx, out); err != nil {
			return err
		}
		out.Kept = r.keeps()
	}
	return errors.Join(failed, r.app.result(out, out.write))
}

// keeps tells whether there is a digest to keep it under.
func (r *rehearse) keeps() bool { return r.real != nil && r.digest.Complete() && r.digest.Sum != "" }

// keep writes the rehearsal down beside tandem.yaml, and on both real sides.
func (r *rehearse) keep(ctx context.Context, out rehearseResult) error {
	if !r.keeps() {
		r.say("not kept: the digest lacks %v, so plan run will not know of it", r.digest.Missing)
		return nil
	}
	p := rehearsal.Past{At: r.began.UTC(), Rounds: out.Rounds, Failed: out.All.Failed, Sample: r.opts.sample}
	for _, s := range out.Stages {
		p.Stages = append(p.Stages, rehearsal.StagePast{Stage: s.Stage, Pause: s.There.Pause, Steps: s.There.Steps})
	}
	if err := rehearsal.Add(rehearsalsDir(r.real.File()), r.digest.Sum, r.plan.Name, p); err != nil {
		return err
	}
	links, err := linkConfig(r.real, r.clouds)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // unknown is empty
	for _, e := range []mysqldb.Endpoint{links.Source, links.Target} {
		if err := r.keepOn(ctx, e, whoAmI(host), p); err != nil {
			r.say("%s the rehearsal is not kept on the %s: %v", r.err.Paint(ui.Yellow, "note:"), e.Side(), err)
		}
	}
	return nil
}

func (r *rehearse) keepOn(ctx context.Context, e mysqldb.Endpoint, who string, p rehearsal.Past) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	return errors.Join(rehearsal.AddTo(ctx, db, r.real.Migration, r.digest.Sum, r.plan.Name, who, p), db.Close())
}

func (o rehearseResult) write(out ui.Stream) error {
	t := &ui.Table{Header: []string{"STAGE", "", "DONE", "UNDONE", "NOBODY COULD WRITE, P50", "LONGEST"}, Right: []int{2, 3, 4, 5}}
	for _, s := range o.Stages {
		for _, way := range []struct {
			name string
			s    rehearsal.Summary
		}{{"handover", s.There}, {"rollback", s.Back}} {
			t.Row(s.Stage, way.name, fmt.Sprint(way.s.Handovers-way.s.Undone), fmt.Sprint(way.s.Undone), ui.Seconds(way.s.Pause.P50), ui.Seconds(way.s.Pause.Max))
		}
	}
	if err := t.Write(out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	steps := &ui.Table{Header: []string{"STEP", "P50", "LONGEST", "OF THE PAUSE"}, Right: []int{1, 2, 3}}
	for _, s := range o.All.Steps {
		share := ""
		if s.Share > 0 {
			share = fmt.Sprintf("%.0f %%", s.Share*100)
		}
		steps.Row(s.Step, ui.Seconds(s.P50), ui.Seconds(s.Max), share)
	}
	if err := steps.Write(out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	facts := &ui.Table{}
	for _, why := range slices.Sorted(maps.Keys(o.All.Why)) {
		facts.Row("undone", fmt.Sprintf("%d times: %s", o.All.Why[why], why))
	}
	text := ui.Count(o.All.Failed)
	for _, class := range slices.Sorted(maps.Keys(o.All.Errors)) {
		text += fmt.Sprintf(", %s %s", ui.Count(o.All.Errors[class]), class)
	}
	facts.Row("failed statements", text)
	facts.Row("parity", o.Before+" before, "+o.After+" after")
	if o.On != "clones" {
		facts.Row("rows", o.Count.String())
	}
	for _, d := range o.Differs {
		facts.Row("different", d)
	}
	kept := "no"
	if o.Kept {
		kept = "digest " + o.Digest[:12]
	}
	facts.Row("kept", kept)
	facts.Row("all in all", ui.Seconds(o.Seconds))
	return facts.Write(out)
}
