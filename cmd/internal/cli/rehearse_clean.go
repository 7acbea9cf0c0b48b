package cli

import (
	"context"
	"errors"
	"fmt"

	"tandem/cmd/internal/rehearsal"
	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/plans/journal"
)

// cleaned is what rehearse --clean prints.
type cleaned struct {
	Version int              `json:"version"`
	Left    []rehearsal.Left `json:"left_over"`
	Removed bool             `json:"removed"`
}

// rehearseClean lists the clones that rehearsals have left behind, and removes them.
func (a *app) rehearseClean(ctx context.Context, o rehearseOptions, cfg *config.Config) error {
	sides, err := a.clonesOf(ctx, cfg)
	if err != nil {
		return err
	}
	ledger, err := a.ledger(ctx, cfg)
	if err != nil {
		return err
	}
	list, err := rehearsal.Leftovers(ctx, sides, cfg.Migration, ledger.Chain())
	if err != nil {
		return err
	}
	out := cleaned{Version: 1, Left: list}
	if len(list) == 0 {
		out.Left = []rehearsal.Left{}
		return a.result(out, out.write)
	}
	for _, l := range list {
		a.say("  %s of the %s: %s", l.Name, l.Side, l.Status)
	}
	if err := a.agree(o.confirm, cfg.Migration, fmt.Sprintf("%s of rehearsals are removed, with their data. One may belong to a rehearsal that is at work elsewhere. Remove", amount(int64(len(list)), "clone"))); err != nil {
		return err
	}
	a.stage.stopping("leaving what is not removed yet", "the same command goes on")
	runs := map[string]bool{}
	var failed []error
	for _, l := range list {
		tags := rehearsal.Tags(cfg.Migration)
		tags[rehearsal.TagRun] = l.Run
		if err := rehearsal.RemoveClone(ctx, sides[l.Side], l.Name, tags); err != nil {
			failed = append(failed, fmt.Errorf("remove clone %s of the %s: %w", l.Name, l.Side, err))
			continue
		}
		a.say("%s of the %s is removed", l.Name, l.Side)
		runs[l.Run] = true
	}
	if err := errors.Join(failed...); err != nil {
		return withHint(err, "the same command tries again")
	}
	for run := range runs {
		if _, err := ledger.Record(ctx, journal.Event{Run: run, Kind: journal.RunEnded, Data: journal.Data{"outcome": "removed"}}); err != nil {
			return fmt.Errorf("write down that the clones are removed: %w", err)
		}
	}
	out.Removed = true
	return a.result(out, out.write)
}

func (c cleaned) write(out ui.Stream) error {
	text := "no clone of a rehearsal is left over"
	if c.Removed {
		text = fmt.Sprintf("%s removed", amount(int64(len(c.Left)), "clone"))
	}
	_, err := fmt.Fprintln(out, text)
	return err
}
