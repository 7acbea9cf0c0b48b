package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
)

// Main runs the program and returns its exit code: 0 when everything was
// measured, 1 when something failed (or, with --check, a goal was missed), 2 for
// wrong usage, 130 when it was interrupted.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var ran bool
	command := newCommand(stdout, stderr, &ran)
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "bench: interrupted")
		return 130
	}
	fmt.Fprintf(stderr, "bench: %v\n", err)
	if !ran {
		return 2
	}
	return 1
}

func newCommand(stdout, stderr io.Writer, ran *bool) *cobra.Command {
	var opts Options
	var output string
	command := &cobra.Command{
		Use:   "bench [part ...]",
		Short: "Measure tandem against its peers",
		Long: `Measure tandem against native MySQL replication and against mydumper with myloader:
all on the same servers and settings, one after the other, and compare every cell
afterwards. Parts: ` + strings.Join(parts(), ", ") + `; all without any.`,
		Example: `  bench
  bench oltp --transactions 300000 --rounds 3
  bench copy --rows 2500000 --durability relaxed -o json`,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if output != "table" && output != "json" {
				return fmt.Errorf("-o %s: must be table or json", output)
			}
			opts.Parts = args
			if err := opts.validate(); err != nil {
				return err
			}
			*ran = true
			began := time.Now()
			report, err := Run(cmd.Context(), opts, func(format string, args ...any) {
				fmt.Fprintf(stderr, "%7.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
			})
			// What was measured before an error is worth seeing.
			if shown := show(stdout, output, report); shown != nil {
				return errors.Join(err, shown)
			}
			if n := missed(report.Goals); err == nil && n > 0 && opts.Check {
				return fmt.Errorf("%d of %d goals are missed", n, len(report.Goals))
			}
			return err
		},
	}
	command.SetOut(stdout)
	command.SetErr(stderr)
	flags := command.Flags()
	flags.IntVar(&opts.Transactions, "transactions", 60_000, "`length` of the backlog")
	flags.IntVar(&opts.TableRows, "table-rows", 20_000, "`rows` in each table before")
	flags.IntVar(&opts.Rows, "rows", 500_000, "`rows` to copy")
	flags.DurationVar(&opts.LatencyFor, "latency-for", 20*time.Second, "how `long` latency is measured")
	flags.IntVar(&opts.PerSecond, "per-second", 50, "`transactions` a second meanwhile")
	flags.IntVar(&opts.Handovers, "handovers", 20, "how `often` a bank is handed over and brought back")
	flags.Float64Var(&opts.HandoverTPS, "handover-tps", 300, "`transactions` a second of the bank meanwhile")
	flags.DurationVar(&opts.StrainFor, "strain-for", 5*time.Second, "how `long` its throughput is measured with guards and without, each time")
	flags.IntVar(&opts.Rounds, "rounds", 1, "how `often`; the median counts")
	flags.StringVar(&opts.Durability, "durability", strict, "of servers: strict or relaxed")
	flags.IntVar(&opts.BufferPoolMB, "buffer-pool", 2048, "InnoDB buffer pool in `MiB`")
	flags.IntVar(&opts.Clients, "clients", 8, "`connections` of the load")
	flags.Uint64Var(&opts.Seed, "seed", 1, "`number` from which the load is made")
	flags.StringVar(&opts.Tandem, "tandem", "bin/tandem", "the `program`")
	flags.StringArrayVar(&opts.Set, "set", nil, "`key=value` of tandem's configuration")
	flags.StringSliceVar(&opts.Against, "against", nil, "`contenders`: "+strings.Join(peers(), ", "))
	flags.BoolVar(&opts.Micro, "micro", false, "run Go's benchmarks, too")
	flags.BoolVar(&opts.Check, "check", false, "fail when a goal is missed")
	flags.StringVarP(&output, "output", "o", "table", "`format` of the result: table or json")
	return command
}

func show(stdout io.Writer, output string, report Report) error {
	if output == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	if len(report.Races)+len(report.Latency)+len(report.Micro) == 0 && report.Handovers == nil {
		return nil
	}
	return writeReport(ui.NewStream(stdout, ui.ColorAuto, os.Getenv), report)
}
