package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"

	"tandem/cmd/internal/render"
	"tandem/cmd/internal/touched"
	"tandem/cmd/internal/ui"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/verify"
)

// A full comparison proves what was there. What has been written since is in the
// binlogs of the sides that own the tables, and only those rows need comparing.

// compare compares all rows, or only those that were touched.
func (v *verification) compare(ctx context.Context) (*verify.Report, error) {
	switch {
	case v.opts.sinceGTID != "":
		from, err := change.ParseGTIDSet(v.opts.sinceGTID)
		if err != nil {
			return nil, usageError(fmt.Errorf("--since-gtid: %w", err))
		}
		logs, err := v.logs()
		if err != nil {
			return nil, err
		}
		return v.verifier.since(ctx, v.cfg, logs, from)
	case v.opts.touched:
		logs, err := v.logs()
		if err != nil {
			return nil, err
		}
		report, err := v.verifier.touched(ctx, v.cfg, logs)
		return report, nothingProven(err)
	}
	return v.verifier.rows(ctx, v.cfg)
}

// nothingProven says what to do where there is nothing to start from: it is not
// known whether the sides are equal.
func nothingProven(err error) error {
	if !errors.Is(err, verify.ErrNothingProven) {
		return err
	}
	return withHint(inconclusive("verify: %v", err), "run tandem verify once without --touched or --watch; then only what was touched since needs comparing")
}

// logs reads both sides' binlogs.
func (v *verification) logs() (verify.Logs, error) {
	source, target, err := logsOf(v.links, v.links.Tables, filepath.Join(string(v.file.Replicate.Spool.Dir), "verify"), v.log)
	return verify.Logs{Source: source, Target: target}, err
}

// logsOf makes readers of both sides' binlogs, each with a folder of its own.
func logsOf(links replicate.Config, tables func(schema.Name) bool, dir string, log *slog.Logger) (source, target *touched.Changes, err error) {
	of := func(side string, e mysqldb.Endpoint) *touched.Changes {
		dir := filepath.Join(dir, side)
		err = errors.Join(err, os.MkdirAll(dir, 0o700))
		return &touched.Changes{
			Server: e, Tables: tables, Schemas: links.Schemas, SpoolDir: dir, Logger: log,
			// Each run is a replica of its own: two with one number throw each other out.
			ServerID: rand.Uint32() | 1<<31,
		}
	}
	source, target = of("source", links.Source), of("target", links.Target)
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder for what is read from the servers: %w", err)
	}
	return source, target, nil
}

// watch compares what the links apply until it is stopped.
func (v *verification) watch(ctx context.Context) error {
	logs, err := v.logs()
	if err != nil {
		return err
	}
	v.stage.stopping("finishing what is in hand", "what has been proven is kept; the same command goes on from there")
	live := ui.NewLive(v.err)
	v.cfg.Progress = nil
	var rounds, rows int64
	shown, failed := "", error(nil)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err = v.verifier.watch(ctx, v.cfg, logs, func(r *verify.Report) {
		r.Judge(v.opts.allowCollation)
		rounds++
		rows += r.Totals.Rows
		// What has been found is said once, and again when it changes.
		if found := foundIn(r); found != shown {
			shown = found
			live.Done("")
			if failed = v.showRows(r); failed != nil {
				cancel(failed)
				return
			}
		}
		if v.flags.logFormat == "json" {
			v.log.Info("watched", "round", rounds, "rows", rows, "outcome", string(r.Outcome), "gtid", r.Source.Position)
			return
		}
		live.Set(fmt.Sprintf("watching, %s rows that were touched, %s", ui.Short(float64(rows)), r.Outcome))
	})
	live.Done("")
	if failed != nil {
		return failed
	}
	return nothingProven(err)
}

// foundIn is what a report has found, to tell whether it is new.
func foundIn(r *verify.Report) string {
	text := ""
	for _, item := range render.FromRows(r).Items {
		for _, issue := range item.Issues {
			text += item.Object + "\x00" + issue.Text + "\n"
		}
		if item.Omitted > 0 || item.Skipped != "" {
			text += fmt.Sprintf("%s\x00%d %s\n", item.Object, item.Omitted, item.Skipped)
		}
	}
	return text
}
