package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tandem/internal/catalog"
	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/plans"
)

// sourceTables is the catalog of the source: it connects when it is asked.
type sourceTables struct {
	app *app
	cfg *config.Config
}

func (s sourceTables) Tables(ctx context.Context) ([]*schema.Table, error) {
	e, err := s.app.clouds.endpoint("source", s.cfg.Source.Endpoint)
	if err != nil {
		return nil, err
	}
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 2})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	filter := s.cfg.Tables.Filter()
	tables, err := catalog.Load(ctx, db, func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) })
	if err != nil {
		return nil, fmt.Errorf("look at the source: %w", err)
	}
	return append([]*schema.Table{}, tables...), nil // not nil: they are known
}

// once keeps what a catalog has answered, for the second who asks.
type once struct {
	of     plans.Catalog
	asked  bool
	tables []*schema.Table
	err    error
}

func (o *once) Tables(ctx context.Context) ([]*schema.Table, error) {
	if !o.asked {
		o.tables, o.err = o.of.Tables(ctx)
		o.asked = true
	}
	return o.tables, o.err
}

// surroundings returns what a plan is looked at against. A tandem.yaml with
// mistakes is an error; one that is not there is something that can not be
// looked at.
func (a *app) surroundings(offline bool) (plans.Surroundings, error) {
	cfg, err := a.load()
	if errors.Is(err, config.ErrNoFile) {
		return plans.Surroundings{WhyNot: err.Error()}, nil
	}
	if err != nil {
		return plans.Surroundings{}, err
	}
	around := plans.Surroundings{Config: cfg}
	if offline {
		around.WhyNot = "not asked for, with --offline"
	} else {
		around.Tables = &once{of: sourceTables{a, cfg}}
	}
	return around, nil
}

// oneFile refuses more than one argument.
func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return usageError(fmt.Errorf("%sone plan at most is taken, but %d are given", verbOf(cmd), len(args)))
}

// planFile is the plan that a verb with at most one argument is about.
func planFile(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return plans.FileName
}
