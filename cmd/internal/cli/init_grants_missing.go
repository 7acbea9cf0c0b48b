package cli

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"tandem/cmd/internal/ui"
	"tandem/internal/catalog"
	"tandem/internal/config"
	"tandem/internal/grants"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// missingResult is what init --grants --missing prints with -o json.
type missingResult struct {
	Version int           `json:"version"`
	Sides   []missingSide `json:"sides"`
}

type missingSide struct {
	Side    string         `json:"side"`
	User    string         `json:"user"` // as the server knows it
	MySQL   string         `json:"mysql"`
	Missing []missingRight `json:"missing"`
}

type missingRight struct {
	grants.Statement
	// Without says what is lost.
	Without string `json:"without"`
}

// missingRightsError says that there are some.
type missingRightsError struct{ n int }

func (e *missingRightsError) Error() string {
	if e.n == 1 {
		return "one right is missing"
	}
	return fmt.Sprintf("%d rights are missing", e.n)
}

// Unwrap makes it one of the findings that block, for the exit code.
func (e *missingRightsError) Unwrap() error { return &blockedError{e.n} }

func (e *missingRightsError) Hint() string {
	return "run the statements as an administrator, or do without what they are for"
}

// runMissingGrants compares the rights that the users have with those that init
// --grants prints; what only fences need is left out.
func runMissingGrants(ctx context.Context, a *app, o grantsOptions) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	r := missingResult{Version: 1, Sides: make([]missingSide, 2)}
	g, gctx := errgroup.WithContext(ctx)
	for i, name := range []string{"source", "target"} {
		g.Go(func() (err error) {
			from, how := cfg.Source.Endpoint, o.source
			if name == "target" {
				from, how = cfg.Target, o.target
			}
			r.Sides[i], err = a.missingOn(gctx, name, from, how, cfg.Tables)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := a.result(r, r.write); err != nil {
		return err
	}
	n := 0
	for _, s := range r.Sides {
		n += len(s.Missing)
	}
	if n > 0 {
		return &missingRightsError{n}
	}
	return nil
}

func (a *app) missingOn(ctx context.Context, side string, from config.Endpoint, how grantsSide, tables config.Tables) (missingSide, error) {
	r := missingSide{Side: side, Missing: []missingRight{}}
	e, err := a.clouds.endpoint(side, from)
	if err != nil {
		return r, err
	}
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{})
	if err != nil {
		return r, err
	}
	defer db.Close() // it was only read from
	facts, err := mysqldb.LoadFacts(ctx, db)
	if err != nil {
		return r, fmt.Errorf("look at the %s: %w", side, err)
	}
	have, err := mysqldb.LoadGrants(ctx, db)
	if err != nil {
		return r, fmt.Errorf("look at the %s: %w", side, err)
	}
	named, patterns := databasesOf(tables.Include)
	if len(patterns) > 0 {
		// What the patterns mean here can be looked up.
		filter := tables.Filter()
		found, err := catalog.Load(ctx, db, func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) })
		if err != nil {
			return r, fmt.Errorf("look at the %s: %w", side, err)
		}
		for _, t := range found {
			if !slices.Contains(named, t.Schema) {
				named = append(named, t.Schema)
			}
		}
	}
	user, host := splitAccount(have.User)
	server := grants.Server{
		Source: side == "source", Family: familyOf(from), User: user, Host: host, Schemas: named,
		Version: grants.Version{Major: facts.Version.Major, Minor: facts.Version.Minor},
	}
	switch {
	case how.kind != "":
		server.Family = grants.Family(how.kind)
	case facts.Flavour == mysqldb.Aurora:
		server.Family = grants.Aurora
	case facts.Flavour == mysqldb.CloudSQL:
		server.Family = grants.CloudSQL
	}
	r.User, r.MySQL = have.User, facts.Version.String()
	needs := slices.DeleteFunc(grants.Needs(server), func(n grants.Need) bool { return n.Part == grants.Fences })
	for _, n := range grants.Missing(server, &have, needs) {
		for _, s := range grants.Statements(server, []grants.Need{n}) {
			r.Missing = append(r.Missing, missingRight{s, n.Without})
		}
	}
	return r, nil
}

func (r missingResult) write(out ui.Stream) error {
	for _, s := range r.Sides {
		if len(s.Missing) == 0 {
			if _, err := fmt.Fprintf(out, "-- %s: %s has all rights (MySQL %s)\n", s.Side, s.User, s.MySQL); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(out, "-- %s: %s lacks (MySQL %s)\n", s.Side, s.User, s.MySQL); err != nil {
			return err
		}
		for _, m := range s.Missing {
			if _, err := fmt.Fprintf(out, "%s -- %s; without it %s\n", m.SQL, m.For, m.Without); err != nil {
				return err
			}
		}
	}
	return nil
}

// splitAccount splits user@host.
func splitAccount(account string) (user, host string) {
	for i := len(account) - 1; i >= 0; i-- {
		if account[i] == '@' {
			return account[:i], account[i+1:]
		}
	}
	return account, ""
}
