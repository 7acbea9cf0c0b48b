package preflight

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/catalog"
	"tandem/internal/change"
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
	// NotApplicable says that there is nothing to look at here, and why.
	NotApplicable Severity = "n/a"
)

// Severities are all of them, the worst first.
func Severities() []Severity { return []Severity{Block, Warn, Info, NotApplicable} }

// Group is what a check is about.
type Group string

// The groups.
const (
	// SourceGroup and TargetGroup are about the servers as such.
	SourceGroup Group = "source"
	TargetGroup Group = "target"
	// SchemaGroup is about tables and what stands beside them.
	SchemaGroup Group = "schema"
	// ReverseGroup is about the way back.
	ReverseGroup Group = "reverse"
	// NetworkGroup is about the way to the servers.
	NetworkGroup Group = "network"
	// RightsGroup is about what tandem, and others, may do.
	RightsGroup Group = "rights"
)

// Groups are all groups.
func Groups() []Group {
	return []Group{SourceGroup, TargetGroup, SchemaGroup, ReverseGroup, NetworkGroup, RightsGroup}
}

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
	Group    Group    `json:"group"`
	Severity Severity `json:"severity"`
	Side     Side     `json:"side"`
	// What says what is wrong, Evidence what was seen, Fix what to do about it.
	What     string `json:"what"`
	Evidence string `json:"evidence,omitempty"`
	Fix      string `json:"fix,omitempty"`
	// Docs is the page about the check.
	Docs string `json:"docs"`
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

	// SourceCloud and TargetCloud are what the clouds tell; nil for plain servers.
	SourceCloud, TargetCloud *Cloud
	// SourcePath and TargetPath are how the servers are reached.
	SourcePath, TargetPath Path
	// Resume and ResumeBack are where the links go on, the forward and the reverse
	// one; nil where they have not begun.
	Resume, ResumeBack *change.GTIDSet
	// ServerID is what tandem calls itself among the source's replicas; 0 if that is
	// not known.
	ServerID uint32
	// Connections is how many tandem holds on each side; 0 if that is not known.
	Connections int
	// LongTransaction is for how long one must be open to be worth a word; 0 means a
	// minute.
	LongTransaction time.Duration
	// Stream opens a side's binlog where its link would, reads for a moment, and
	// closes it; nil where that is not to be tried.
	Stream func(context.Context, Side) error
	// Now is the time; nil means the clock's.
	Now func() time.Time
}

// Check names a check.
type Check struct {
	ID    string `json:"id"`
	Group Group  `json:"group"`
	Side  Side   `json:"side"`
}

// Checks are all checks, in the order of their findings.
func Checks() []Check {
	list := make([]Check, len(checks))
	for i, c := range checks {
		list[i] = Check{c.id, c.group, c.side}
	}
	return list
}

// state is what checks share: the input, and what has been loaded once.
type state struct {
	Input
	tables                     []*schema.Table // the source's, replicated
	sourceGrants, targetGrants mysqldb.Grants
	sourceVars, targetVars     vars
}

// now is the time.
func (s *state) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
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
		if in.Only != nil && !in.Only(Check{c.id, c.group, c.side}) {
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
	g.Go(func() (err error) {
		s.sourceVars, err = loadVars(ctx, in.Source)
		return err
	})
	g.Go(func() (err error) {
		s.targetVars, err = loadVars(ctx, in.Target)
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
