package cli

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/replicate"
)

type breachOptions struct {
	limit      int
	showValues bool
}

func newBreachCommand(a *app) *cobra.Command {
	o := breachOptions{}
	cmd := &cobra.Command{
		Use:   "breach",
		Short: "List writes on the side that does not own the table",
		Long: `List the changes that somebody made on the side that did not own the table then:
an application that was forgotten, or a person. They are kept with both images of
the row, and applied nowhere. While one is open no plan hands anything over.

To settle one: find out who writes there and stop him, put the rows right (tandem
verify --repair, or what he meant to write once more on the owner's side), and then
take it off the list with tandem breach settle.

Values are not shown unless --show-values asks for them; the row is named by its
key.

EXIT STATUS
   0  listed, whether or not there are any
   2  wrong usage, or a mistake in tandem.yaml
  10  the source cannot be reached
  11  the target cannot be reached`,
		Example: `  tandem breach
  tandem breach --show-values -o json
  tandem breach settle target/17 --because "old report job, now off"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBreach(cmd.Context(), a, o) },
	}
	cmd.Flags().IntVar(&o.limit, "limit", 1000, "list no more than this `number` from each side, the oldest first")
	cmd.Flags().BoolVar(&o.showValues, "show-values", false, "show the rows' values, too")
	cmd.AddCommand(newBreachSettleCommand(a))
	return cmd
}

// openBreach is a breach as it is shown.
type openBreach struct {
	// ID is the side that keeps it and its number there.
	ID string `json:"id"`
	// On is the side that was written to.
	On    string `json:"on"`
	Group string `json:"group"`
	Row   string `json:"row,omitempty"` // by its key
	replicate.Breach
}

// breaches is what -o json prints.
type breaches struct {
	Version   int          `json:"version"`
	Migration string       `json:"migration"`
	Breaches  []openBreach `json:"breaches"`
}

func runBreach(ctx context.Context, a *app, o breachOptions) error {
	if o.limit < 1 {
		return usageError(fmt.Errorf("--limit %d: nothing would be listed", o.limit))
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	sides, err := openServers(ctx, a, cfg)
	if err != nil {
		return err
	}
	defer sides.close()
	list := breaches{Version: 1, Migration: cfg.Migration, Breaches: []openBreach{}}
	for i, side := range bothSides {
		found, err := replicate.Breaches(ctx, sides[i], cfg.Migration, o.limit)
		if err != nil {
			return fmt.Errorf("on the %s: %w", side, err)
		}
		for _, b := range found {
			schemaName, table, _ := strings.Cut(b.Table, ".")
			one := openBreach{ID: fmt.Sprintf("%s/%d", side, b.ID), On: string(side.Opposite()), Group: cfg.Groups.Of(schemaName, table), Breach: b}
			if b.Operation != "statement" {
				image := b.Before // by the key that it had
				if image == nil {
					image = b.After
				}
				one.Row = rowOf(ctx, sides[i], schema.Name{Schema: schemaName, Table: table}, image)
			}
			if !o.showValues {
				one.Before, one.After = hidden(b.Before), hidden(b.After)
				one.Statement, _, _ = strings.Cut(b.Statement, " ")
			}
			list.Breaches = append(list.Breaches, one)
		}
	}
	return a.result(list, list.write)
}

// hidden keeps which columns there are.
func hidden(image map[string]*string) map[string]*string {
	if image == nil {
		return nil
	}
	out, stars := map[string]*string{}, "***"
	for column := range image {
		out[column] = &stars
	}
	return out
}

func (b breaches) write(out ui.Stream) error {
	if len(b.Breaches) == 0 {
		_, err := fmt.Fprintln(out, "no breach is open: nobody has written on the side that does not own the table")
		return err
	}
	t := ui.Table{Header: []string{"id", "seen", "written on", "group", "what", "transaction"}}
	for _, one := range b.Breaches {
		what := fmt.Sprintf("%s %s %s", one.Operation, one.Table, one.Row)
		if one.Operation == "statement" {
			what = fmt.Sprintf("%s on %s", one.Statement, one.Table)
		}
		t.Row(one.ID, one.Seen.Format(time.RFC3339), one.On, one.Group, strings.TrimSpace(what), one.GTID)
	}
	if err := t.Write(out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%d open. Once the rows are right (tandem verify --repair): tandem breach settle ID… --because \"…\"\n", len(b.Breaches))
	return err
}

// bothSides in the order in which they are shown.
var bothSides = [...]ownership.Side{ownership.Source, ownership.Target}

// sides are pools of both servers, the source's first.
type sides [2]*sql.DB

// openServers connects to both at once.
func openServers(ctx context.Context, a *app, cfg *config.Config) (s sides, err error) {
	g, gctx := errgroup.WithContext(ctx)
	for i, from := range []config.Endpoint{cfg.Source.Endpoint, cfg.Target} {
		g.Go(func() error {
			e, err := a.clouds.endpoint(string(bothSides[i]), from)
			if err != nil {
				return err
			}
			s[i], err = mysqldb.Open(gctx, e, mysqldb.Options{MaxConns: 2})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		s.close()
		return sides{}, err
	}
	return s, nil
}

func (s sides) close() {
	for _, db := range s {
		if db != nil {
			_ = db.Close() // what was to be written is committed
		}
	}
}
