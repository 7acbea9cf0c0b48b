package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/ownership"
	"tandem/replicate"
)

type breachSettleOptions struct {
	all     bool
	because string
}

func newBreachSettleCommand(a *app) *cobra.Command {
	var o breachSettleOptions
	cmd := &cobra.Command{
		Use:   "settle [ID...]",
		Short: "Take breaches off the list, and keep why",
		Long: `Take breaches off the list that tandem breach prints, once it is known who wrote and
the rows are right. With the reason and your name they are kept for ever in
_tandem.breach_settled, on the side that has kept them.

No row of your tables is changed by this.

EXIT STATUS
   0  settled
   1  failed, or one of them is not open
   2  wrong usage, or a mistake in tandem.yaml
  10  the source cannot be reached
  11  the target cannot be reached`,
		Example: `  tandem breach settle target/17 target/18 --because "old cron job, now off"
  tandem breach settle --all --because "rehearsal of writes on the wrong side"`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return runBreachSettle(cmd.Context(), a, o, args) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "settle all that are open now")
	cmd.Flags().StringVar(&o.because, "because", "", "`why` they are no matter any more: kept with them")
	return cmd
}

// settledBreaches is what -o json prints.
type settledBreaches struct {
	Version int   `json:"version"`
	Settled int64 `json:"settled"`
}

func runBreachSettle(ctx context.Context, a *app, o breachSettleOptions, args []string) error {
	wanted, err := o.wanted(args)
	if err != nil {
		return err
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	dbs, err := openServers(ctx, a, cfg)
	if err != nil {
		return err
	}
	defer dbs.close()
	// Nothing is settled when one of them is not there: somebody has mistyped.
	var ids [2][]uint64
	for i, side := range bothSides {
		open, err := replicate.OpenBreaches(ctx, dbs[i], cfg.Migration)
		if err != nil {
			return fmt.Errorf("on the %s: %w", side, err)
		}
		for _, id := range open {
			name := fmt.Sprintf("%s/%d", side, id)
			at := slices.Index(wanted, name)
			if at >= 0 {
				wanted = slices.Delete(wanted, at, at+1)
			}
			if o.all || at >= 0 {
				ids[i] = append(ids[i], id)
			}
		}
	}
	if len(wanted) > 0 {
		return withHint(fmt.Errorf("settle %s: no such breach is open; nothing was settled", strings.Join(wanted, ", ")), "tandem breach lists those that are")
	}
	host, _ := os.Hostname() // unknown is empty
	done := settledBreaches{Version: 1}
	for i, side := range bothSides {
		n, err := replicate.SettleBreaches(ctx, dbs[i], cfg.Migration, ids[i], whoAmI(host), o.because)
		if done.Settled += n; err != nil {
			return fmt.Errorf("on the %s: %w", side, err)
		}
	}
	return a.result(done, func(out ui.Stream) error {
		_, err := fmt.Fprintf(out, "%d settled, and kept in _tandem.breach_settled\n", done.Settled)
		return err
	})
}

// wanted returns the breaches that are named, each once.
func (o breachSettleOptions) wanted(args []string) ([]string, error) {
	switch {
	case strings.TrimSpace(o.because) == "":
		return nil, usageError(withHint(errors.New("a reason is missing"), `add --because "…": who reads it later will want to know`))
	case o.all && len(args) > 0:
		return nil, usageError(errors.New("--all and breaches by their id do not go together"))
	case !o.all && len(args) == 0:
		return nil, usageError(withHint(errors.New("which breaches is not said"), "name them as tandem breach lists them, or give --all"))
	}
	for _, arg := range args {
		side, number, _ := strings.Cut(arg, "/")
		if !slices.Contains(bothSides[:], ownership.Side(side)) || number == "" || strings.Trim(number, "0123456789") != "" {
			return nil, usageError(withHint(fmt.Errorf("%q is not the id of a breach", arg), "an id is such as target/17: tandem breach lists them"))
		}
	}
	slices.Sort(args)
	return slices.Compact(args), nil
}
