package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"tandem/cmd/internal/render"
	"tandem/cmd/internal/ui"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/verify"
)

// repairs does what is asked for about what differs.
func (v *verification) repairs(ctx context.Context, r *verify.Report, link linkState) error {
	if !v.opts.repair && v.opts.repairSQL == "" {
		return nil
	}
	if listed(r) > 0 {
		if err := v.late(ctx, r, link); err != nil {
			return err
		}
	}
	direction, err := v.direction(ctx, r)
	if err != nil {
		return err
	}
	if err := v.writeRepair(ctx, r, direction); err != nil || !v.opts.repair {
		return err
	}
	return v.repair(ctx, r, direction)
}

// direction is the one that was asked for, or else the one away from the side that
// owns the tables: its rows are right, whatever they are.
func (v *verification) direction(ctx context.Context, r *verify.Report) (verify.Direction, error) {
	if v.opts.direction != "" || listed(r) == 0 {
		return cmp.Or(verify.Direction(v.opts.direction), verify.SourceToTarget), nil
	}
	owns, err := v.verifier.targetOwns(ctx, v.cfg)
	if err != nil {
		return "", err
	}
	var moved, others int
	for i := range r.Tables {
		t := &r.Tables[i]
		switch {
		case listedIn(t) == 0:
		case owns(schema.Name{Schema: t.Schema, Table: t.Table}):
			moved++
		default:
			others++
		}
	}
	switch {
	case moved == 0:
		return verify.SourceToTarget, nil
	case others == 0:
		return verify.TargetToSource, nil
	}
	return "", withHint(errors.New("nothing was repaired: the source owns some of the tables that differ, the target the others, and each is repaired from its owner"),
		"repair them one side after the other: --groups with those of one owner, or --direction; tandem status says who owns what")
}

// late refuses to repair what may only not have arrived yet: a link that goes on
// later would bring the same change to a row that has it already, and stop.
func (v *verification) late(ctx context.Context, r *verify.Report, link linkState) error {
	if link.link != nil {
		return nil
	}
	owns, err := v.verifier.targetOwns(ctx, v.cfg)
	if err != nil {
		return err
	}
	var led [2]bool
	for i := range r.Tables {
		t := &r.Tables[i]
		switch {
		case listedIn(t) == 0:
		case owns(schema.Name{Schema: t.Schema, Table: t.Table}):
			led[1] = true
		default:
			led[0] = link.behind > 0
		}
	}
	logs, err := v.logs()
	if err != nil {
		return err
	}
	for i, one := range []struct {
		link  replicate.Config
		log   verify.Changes
		lacks string
	}{
		{v.links, logs.Source, "the target lacks changes of the source"},
		{v.links.Opposite(), logs.Target, "the source lacks changes of the target"},
	} {
		if !led[i] {
			continue
		}
		pending, err := v.verifier.pending(ctx, one.link, one.log)
		if err != nil {
			return err
		}
		if pending {
			return withHint(fmt.Errorf("nothing was repaired: no link is running, and %s, so what differs may only be late", one.lacks),
				"tandem replicate brings them; then verify again")
		}
	}
	return nil
}

// writeRepair writes the statements that repair what differs, if that is asked
// for.
func (v *verification) writeRepair(ctx context.Context, r *verify.Report, direction verify.Direction) error {
	if v.opts.repairSQL == "" {
		return nil
	}
	endpoint := v.cfg.Target
	if direction == verify.TargetToSource {
		endpoint = v.cfg.Source
	}
	marked, err := v.verifier.marked(ctx, endpoint)
	if err != nil {
		return err
	}
	var count verify.RepairCount
	err = v.writeFile(v.opts.repairSQL, 0o600, func(w io.Writer) (err error) {
		count, err = verify.WriteRepairSQL(w, r, direction, marked)
		return err
	})
	if err == nil {
		v.say("%s has statements for %s, to be run on the %s%s", v.opts.repairSQL, amount(count.Done, "row"), direction.Side(), left(count))
	}
	return err
}

func left(c verify.RepairCount) string {
	if c.Left == 0 {
		return ""
	}
	return fmt.Sprintf("; for %s there are none, as the file says", amount(c.Left, "row"))
}

// repair asks, repairs, and compares again what was repaired.
func (v *verification) repair(ctx context.Context, r *verify.Report, direction verify.Direction) error {
	rows := listed(r)
	if rows == 0 {
		v.say("there is nothing to repair")
		return nil
	}
	endpoint := v.cfg.Target
	if direction == verify.TargetToSource {
		endpoint = v.cfg.Source
	}
	if v.opts.confirm == "" {
		// Nobody should agree to what he has not seen.
		if err := render.Table(v.err, r); err != nil {
			return err
		}
		question := fmt.Sprintf("%s will be changed on the %s", amount(rows, "row"), endpoint.Name)
		ok, err := ui.NewPrompter(v.Stdin, v.err, v.flags.noInput).Confirm(question, v.file.Migration)
		if err != nil {
			return err
		}
		if !ok {
			v.say("nothing was repaired: that is not the migration's name")
			return nil
		}
	}
	v.stage.stopping("finishing the transaction in hand", "what was repaired stays; the same command goes on with the rest")
	count, err := v.verifier.repair(ctx, v.cfg, direction, r)
	r.Judge(v.opts.allowCollation)
	if err != nil {
		return err
	}
	text := amount(count.Done, "row") + " repaired and compared again"
	if count.Left > 0 {
		text += fmt.Sprintf(", %s not; the report says why", amount(count.Left, "row"))
	}
	v.say("%s", text)
	return nil
}

// listed counts the findings that a repair may be about.
func listed(r *verify.Report) (rows int64) {
	for i := range r.Tables {
		rows += listedIn(&r.Tables[i])
	}
	return rows
}

func listedIn(t *verify.TableResult) (rows int64) {
	for _, f := range t.Findings {
		if f.Class != verify.Unresolved && !f.Repaired {
			rows++
		}
	}
	return rows
}
