package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/dmsgaps"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// explainsDMS gives preflight the flag --explain-dms, with which it does nothing
// else.
func explainsDMS(a *app, cmd *cobra.Command) *cobra.Command {
	var asked bool
	cmd.Flags().BoolVar(&asked, "explain-dms", false, "instead, tell what AWS DMS would drop or change in this schema")
	check := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !asked {
			return check(cmd, args)
		}
		if cmd.Flags().Changed("only") {
			return usageError(fmt.Errorf("--explain-dms makes no checks: leave --only out"))
		}
		return runExplainDMS(cmd.Context(), a)
	}
	return cmd
}

func runExplainDMS(ctx context.Context, a *app) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	e, err := a.clouds.endpoint("source", cfg.Source.Endpoint)
	if err != nil {
		return err
	}
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{})
	if err != nil {
		return err
	}
	defer db.Close() // it was only read from
	filter := cfg.Tables.Filter()
	r, err := dmsgaps.Explain(ctx, db, func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) })
	if err != nil {
		return err
	}
	return a.result(r, func(out ui.Stream) error { return writeDMS(out, r) })
}

// mostPlaces is how many places of a gap the table names; -o json has them all.
const mostPlaces = 6

func writeDMS(out ui.Stream, r dmsgaps.Report) error {
	var b strings.Builder
	styles := map[dmsgaps.Effect]ui.Style{dmsgaps.Lost: ui.Red, dmsgaps.Changed: ui.Yellow, dmsgaps.Refused: ui.Red, dmsgaps.Unproved: ui.Dim}
	gap := func(g dmsgaps.Gap) {
		fmt.Fprintf(&b, "%s  %s: %s\n", out.Paint(styles[g.Effect], fmt.Sprintf("%-8s", g.Effect)), g.ID, g.DMS)
		for i, p := range g.Places {
			if i == mostPlaces {
				fmt.Fprintf(&b, "            %-7s… and %d more; -o json has them all\n", "", len(g.Places)-mostPlaces)
				break
			}
			name := ""
			if i == 0 {
				name = "here"
			}
			fmt.Fprintf(&b, "            %-7s%s\n", name, p)
		}
		fmt.Fprintf(&b, "            %-7s%s\n", "tandem", g.Tandem)
		fmt.Fprintf(&b, "            %-7s%s\n", "says", g.Source)
	}
	places := 0
	for _, g := range r.Gaps {
		gap(g)
		places += len(g.Places)
	}
	if len(r.Always) > 0 {
		fmt.Fprintf(&b, "\nof every migration:\n")
	}
	for _, g := range r.Always {
		gap(g)
	}
	fmt.Fprintf(&b, "\n%d tables; %d rules of AWS DMS are met by this schema, in %d places. \"says\" is the page of the DMS user guide.\n", r.Tables, len(r.Gaps), places)
	_, err := fmt.Fprint(out, b.String())
	return err
}
