package preflight

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"

	"golang.org/x/sync/errgroup"

	"tandem/internal/catalog"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Severity says what a finding means for the migration.
type Severity string

// The severities.
const (
	Block Severity = "block"
	Warn  Severity = "warn"
	Info  Severity = "info"
)

// Side is where something was found.
type Side string

// The sides.
const (
	Source Side = "source"
	Target Side = "target"
	Both   Side = "both"
)

// Finding is something that was found.
type Finding struct {
	// ID names the check. It stays the same from release to release.
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Side     Side     `json:"side"`
	// What says what is wrong, Evidence what was seen, Fix what to do about it.
	What     string `json:"what"`
	Evidence string `json:"evidence,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

// Input is what the checks look at.
type Input struct {
	Source, Target           *sql.DB
	SourceFacts, TargetFacts mysqldb.Facts
	// Tables tells whether a table is to be replicated.
	Tables func(schema.Name) bool
	// HandedOver tells whether the target owns a table, so that the source is the
	// side which is applied to; nil means that it owns none.
	HandedOver func(schema.Name) bool
	// Only tells which checks are made; nil means all.
	Only func(Check) bool
}

// Check names a check.
type Check struct {
	ID   string `json:"id"`
	Side Side   `json:"side"`
}

// Checks are all checks, in the order of their findings.
func Checks() []Check {
	list := make([]Check, len(checks))
	for i, c := range checks {
		list[i] = Check{c.id, c.side}
	}
	return list
}

// state is what checks share: the input, and what has been loaded once.
type state struct {
	Input
	tables                     []*schema.Table // the source's, replicated
	sourceGrants, targetGrants mysqldb.Grants
}

// checkers is how many checks run at once.
const checkers = 4

// Run makes all checks. An error means that the servers could not be asked at
// all, or that ctx ended.
func Run(ctx context.Context, in Input) ([]Finding, error) {
	s, err := load(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("preflight: %w", err)
	}
	found := make([][]Finding, len(checks))
	g := errgroup.Group{}
	g.SetLimit(checkers)
	for i, c := range checks {
		if in.Only != nil && !in.Only(Check{c.id, c.side}) {
			continue
		}
		g.Go(func() (err error) {
			found[i], err = c.findings(ctx, s)
			return err
		})
	}
	if err := cmp.Or(g.Wait(), ctx.Err()); err != nil {
		return nil, fmt.Errorf("preflight: %w", err)
	}
	var all []Finding
	for _, f := range found {
		all = append(all, f...)
	}
	return all, nil
}

func load(ctx context.Context, in Input) (*state, error) {
	s := &state{Input: in}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		s.tables, err = catalog.Load(ctx, in.Source, in.Tables)
		return err
	})
	g.Go(func() (err error) {
		s.sourceGrants, err = mysqldb.LoadGrants(ctx, in.Source)
		return err
	})
	g.Go(func() (err error) {
		s.targetGrants, err = mysqldb.LoadGrants(ctx, in.Target)
		return err
	})
	return s, g.Wait()
}

// Blocked returns the findings that keep replication from starting.
func Blocked(all []Finding) []Finding {
	var blocks []Finding
	for _, f := range all {
		if f.Severity == Block {
			blocks = append(blocks, f)
		}
	}
	return blocks
}
