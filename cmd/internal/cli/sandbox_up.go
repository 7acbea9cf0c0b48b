package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/sandbox"
)

type sandboxUpOptions struct {
	dir           string
	sourceVersion string
	targetVersion string
	durable       bool
	noFetch       bool
	seed          seedOptions
}

func newSandboxUpCommand(a *app) *cobra.Command {
	var opts sandboxUpOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a pair of servers, and keep it running",
		Long: `Start a source and a target on free ports of this machine and keep them running
until tandem sandbox down. Beside them tandem.yaml is written, ready for use. A
pair that is there already is started again where it does not run.`,
		Example: `  tandem sandbox up
  tandem sandbox up --size medium --source-version 5.6`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandboxUp(cmd.Context(), a, opts) },
	}
	addDirFlag(cmd, &opts.dir)
	f := cmd.Flags()
	f.StringVar(&opts.sourceVersion, "source-version", "", "MySQL `version` of the source: 5.6, or empty for the newest there is")
	f.StringVar(&opts.targetVersion, "target-version", "", "MySQL `version` of the target: 5.6, or empty for the newest there is")
	f.BoolVar(&opts.durable, "durable", false, "flush every commit to disk, as the clouds do")
	f.BoolVar(&opts.noFetch, "no-fetch", false, "never download a MySQL server")
	opts.seed.addFlags(cmd, "")
	return cmd
}

func runSandboxUp(ctx context.Context, a *app, opts sandboxUpOptions) error {
	up, err := opts.upOptions(a)
	if err != nil {
		return err
	}
	a.stage.stopping("taking down what was started", "")
	pair, err := sandbox.Up(ctx, up)
	if err != nil {
		return sandboxError(err)
	}
	if opts.seed.size != "" {
		if _, err := a.seed(ctx, pair.Source, opts.seed); err != nil {
			return err
		}
	}
	report, err := sandbox.Status(ctx, opts.dir)
	if err != nil {
		return sandboxError(err)
	}
	if err := a.sandboxReport(report); err != nil {
		return err
	}
	a.say("next: tandem --config %s replicate", filepath.Join(opts.dir, sandbox.ConfigFile))
	return nil
}

func (o sandboxUpOptions) upOptions(a *app) (up sandbox.UpOptions, err error) {
	up.Dir, up.Log = o.dir, a.logFrom(slog.LevelWarn) // what is printed at the end says the rest
	if up.SourceVersion, err = sandboxVersion("source-version", o.sourceVersion); err != nil {
		return up, err
	}
	if up.TargetVersion, err = sandboxVersion("target-version", o.targetVersion); err != nil {
		return up, err
	}
	if !o.noFetch {
		up.Find = append(up.Find, sandbox.AllowFetch())
	}
	up.Source.Durable, up.Target.Durable = o.durable, o.durable
	return up, nil
}

// sandboxReport prints how the servers of a sandbox are.
func (a *app) sandboxReport(r sandbox.Report) error {
	return a.result(r, func(out ui.Stream) error {
		t := &ui.Table{Header: []string{"", "source", "target"}}
		state := func(s sandbox.ServerReport) string {
			switch {
			case s.Running:
				return fmt.Sprintf("running, pid %d", s.PID)
			case s.Problem != "":
				return s.Problem
			default:
				return "stopped"
			}
		}
		t.Row("mysql", r.Source.Version, r.Target.Version)
		t.Row("address", r.Source.Addr, r.Target.Addr)
		t.Row("state", state(r.Source), state(r.Target))
		t.Row("data", ui.Bytes(r.Source.DataBytes), ui.Bytes(r.Target.DataBytes))
		t.Row("log", r.Source.Log, r.Target.Log)
		if err := t.Write(out); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "\nconfiguration  %s\n", r.Config)
		return err
	})
}
