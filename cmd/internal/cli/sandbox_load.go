package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
)

type sandboxLoadOptions struct {
	dir     string
	side    string
	tps     float64
	lasting time.Duration
	workers int
	seed    int64
	without []string
	blob    int
}

func newSandboxLoadCommand(a *app) *cobra.Command {
	var opts sandboxLoadOptions
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Behave like an application of the sample database",
		Long: `Run transactions like those of an application against the sample database, at a
given rate and until the time is over or Ctrl-C is pressed: short transactions over
several tables, hot rows, deletes, rollbacks, savepoints, key changes. It goes on
when the server is restarted.`,
		Example: `  tandem sandbox load --tps 100 --for 1m
  tandem sandbox load --tps 0 -o json        as fast as possible, until Ctrl-C`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandboxLoad(cmd.Context(), a, opts) },
	}
	addDirFlag(cmd, &opts.dir)
	f := cmd.Flags()
	f.StringVar(&opts.side, "side", string(sandbox.Source), "`server` to write to: source or target")
	f.Float64Var(&opts.tps, "tps", 50, "transactions a second; 0 for as many as possible")
	f.DurationVar(&opts.lasting, "for", 0, "`time` after which it ends; 0 for never")
	f.IntVar(&opts.workers, "workers", 8, "connections")
	f.Int64Var(&opts.seed, "seed", 1, "`number` from which the load is made")
	f.StringSliceVar(&opts.without, "without", nil, "`operations` to leave out: "+fmt.Sprint(courier.Operations()))
	f.IntVar(&opts.blob, "blob-bytes", 0, "write values of this size now and then; 0 for none")
	return cmd
}

func runSandboxLoad(ctx context.Context, a *app, opts sandboxLoadOptions) error {
	if err := oneOf("side", opts.side, []string{string(sandbox.Source), string(sandbox.Target)}); err != nil {
		return err
	}
	pair, err := sandbox.Open(opts.dir)
	if err != nil {
		return sandboxError(err)
	}
	server := pair.Source
	if opts.side == string(sandbox.Target) {
		server = pair.Target
	}
	a.stage.stopping("rolling back what is in flight", "")
	live := ui.NewLive(a.err)
	stats, err := runLoad(ctx, server, courier.LoadOptions{
		TPS: opts.tps, Duration: opts.lasting, Workers: opts.workers, Seed: opts.seed,
		Without: opts.without, BlobBytes: opts.blob, Reconnect: true,
		Progress: func(s courier.LoadStats) { live.Set(loadLine(s)) },
	})
	live.Done("")
	if err != nil {
		return err
	}
	return a.result(loadResultOf(stats), func(out ui.Stream) error { return writeLoad(out, stats) })
}

// runLoad runs the load as an application's user.
func runLoad(ctx context.Context, server *sandbox.Server, opts courier.LoadOptions) (courier.LoadStats, error) {
	config := server.Config(sandbox.UserScala, courierDatabase)
	config.InterpolateParams = true
	db, err := openDB(config)
	if err != nil {
		return courier.LoadStats{}, err
	}
	defer db.Close()
	stats, err := courier.Load(ctx, db, opts)
	if err != nil && !errors.Is(err, context.Canceled) {
		return stats, withHint(err, "tandem sandbox up --size small makes the sample database")
	}
	return stats, nil
}

func loadLine(s courier.LoadStats) string {
	text := fmt.Sprintf("load: %s transactions, %s, p50 %s, p99 %s", ui.Count(s.Committed), ui.Rate(s.Recent, "tx"), ui.Duration(s.P50), ui.Duration(s.P99))
	if s.Behind > time.Second {
		text += ", " + ui.Duration(s.Behind) + " late"
	}
	return text
}

// loadResult is the result of tandem sandbox load.
type loadResult struct {
	Seconds    float64                      `json:"seconds"`
	Committed  int64                        `json:"committed"`
	RolledBack int64                        `json:"rolled_back"`
	Abandoned  int64                        `json:"abandoned"`
	Retries    int64                        `json:"retries"`
	Reconnects int64                        `json:"reconnects"`
	Statements int64                        `json:"statements"`
	TPS        float64                      `json:"transactions_per_second"`
	P50        float64                      `json:"p50_seconds"`
	P99        float64                      `json:"p99_seconds"`
	Max        float64                      `json:"max_seconds"`
	LongestGap float64                      `json:"longest_gap_seconds"`
	Operations map[string]int64             `json:"operations"`
	Errors     map[courier.ErrorClass]int64 `json:"errors,omitempty"`
}

func loadResultOf(s courier.LoadStats) loadResult {
	return loadResult{
		Seconds: s.Elapsed.Seconds(), Committed: s.Committed, RolledBack: s.RolledBack, Abandoned: s.Abandoned,
		Retries: s.Retries, Reconnects: s.Reconnects, Statements: s.Statements, TPS: s.TPS,
		P50: s.P50.Seconds(), P99: s.P99.Seconds(), Max: s.Max.Seconds(), LongestGap: s.LongestGap.Seconds(),
		Operations: s.Operations, Errors: s.Errors,
	}
}

func writeLoad(out ui.Stream, s courier.LoadStats) error {
	t := &ui.Table{Header: []string{"", ""}}
	t.Row("time", ui.Duration(s.Elapsed))
	t.Row("committed", ui.Count(s.Committed))
	t.Row("rolled back", ui.Count(s.RolledBack))
	t.Row("rate", ui.Rate(s.TPS, "tx"))
	t.Row("latency", fmt.Sprintf("p50 %s, p99 %s, longest %s", ui.Duration(s.P50), ui.Duration(s.P99), ui.Duration(s.Max)))
	t.Row("longest gap", ui.Duration(s.LongestGap))
	t.Row("retries", fmt.Sprintf("%s, %s given up, %s reconnects", ui.Count(s.Retries), ui.Count(s.Abandoned), ui.Count(s.Reconnects)))
	for _, class := range slices.Sorted(maps.Keys(s.Errors)) {
		t.Row("errors", fmt.Sprintf("%s %s", ui.Count(s.Errors[class]), class))
	}
	return t.Write(out)
}
