package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/grants"
)

// grantsOptions are those of init --grants.
type grantsOptions struct {
	asked, missing bool
	source, target grantsSide
}

// grantsSide is what can not be seen in an address.
type grantsSide struct{ kind, version string }

func (o *grantsOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.asked, "grants", false, "print the SQL that makes tandem's user on both sides, and write nothing")
	f.BoolVar(&o.missing, "missing", false, "with --grants: log in to both sides as tandem.yaml says, and print the rights that are not there")
	var kinds []string
	for _, k := range grants.Families() {
		kinds = append(kinds, string(k))
	}
	for _, s := range []struct {
		side string
		to   *grantsSide
	}{{"source", &o.source}, {"target", &o.target}} {
		f.StringVar(&s.to.kind, s.side+"-kind", "", "with --grants: `kind` of the "+s.side+": "+strings.Join(kinds, ", ")+" (default: as its address says)")
		f.StringVar(&s.to.version, s.side+"-version", "8.0", "with --grants: `version` of MySQL on the "+s.side)
		completeFlag(cmd, s.side+"-kind", kinds...)
	}
}

// grantsResult is what -o json prints.
type grantsResult struct {
	Version int             `json:"version"`
	Sides   []grantsForSide `json:"sides"`
}

type grantsForSide struct {
	Side       string             `json:"side"`
	Kind       grants.Family      `json:"kind"`
	MySQL      string             `json:"mysql"`
	User       string             `json:"user"`
	Statements []grants.Statement `json:"statements"`
	script     string
}

func runInitGrants(a *app, cmd *cobra.Command, opts initOptions) error {
	if opts.grants.missing {
		return runMissingGrants(cmd.Context(), a, opts.grants)
	}
	source, target, tables, err := grantsEndpoints(a, opts)
	if err != nil {
		return err
	}
	for _, name := range []string{"source", "target"} {
		if e := map[string]*config.Endpoint{"source": &source, "target": &target}[name]; e.User == "" || cmd.Flags().Changed(name+"-user") {
			e.User = map[string]side{"source": opts.source, "target": opts.target}[name].user
		}
	}
	schemas, patterns := databasesOf(tables)
	r := grantsResult{Version: 1}
	for _, s := range []struct {
		name string
		from config.Endpoint
		how  grantsSide
	}{{"source", source, opts.grants.source}, {"target", target, opts.grants.target}} {
		server := grants.Server{
			Source: s.name == "source", Family: familyOf(s.from), User: s.from.User, IAM: s.from.Password.IAM,
			Schemas: schemas, Patterns: patterns,
		}
		if s.how.kind != "" {
			server.Family = grants.Family(s.how.kind)
		}
		if !slices.Contains(grants.Families(), server.Family) {
			return usageError(fmt.Errorf("init: --%s-kind %s: there is no such kind of server", s.name, s.how.kind))
		}
		if server.Version, err = grants.ParseVersion(s.how.version); err != nil {
			return usageError(fmt.Errorf("init: --%s-version: %w", s.name, err))
		}
		r.Sides = append(r.Sides, grantsForSide{
			Side: s.name, Kind: server.Family, MySQL: server.Version.String(), User: server.User,
			Statements: grants.Statements(server, grants.Needs(server)), script: grants.Script(server),
		})
	}
	return a.result(r, r.write)
}

func (r grantsResult) write(out ui.Stream) error {
	for i, s := range r.Sides {
		if i > 0 {
			if _, err := fmt.Fprintln(out); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprint(out, s.script); err != nil {
			return err
		}
	}
	return nil
}

// grantsEndpoints takes what is known from tandem.yaml, or from flags where there
// is no such file. Nobody is asked: what is not known becomes a placeholder.
func grantsEndpoints(a *app, opts initOptions) (source, target config.Endpoint, include []config.Pattern, err error) {
	if exists(a.flags.config) {
		cfg, err := a.load()
		if err != nil {
			return source, target, nil, err
		}
		return cfg.Source.Endpoint, cfg.Target, cfg.Tables.Include, nil
	}
	for _, s := range []struct {
		flag string
		from side
		to   *config.Endpoint
	}{{"source", opts.source, &source}, {"target", opts.target, &target}} {
		if err := addressEndpoint(s.from.address, s.to); err != nil {
			return source, target, nil, usageError(fmt.Errorf("init: --%s: %w", s.flag, err))
		}
		s.to.Password.IAM = s.from.password == "iam"
	}
	for _, text := range opts.tables {
		p, err := config.ParsePattern(text)
		if err != nil {
			return source, target, nil, usageError(fmt.Errorf("init: --tables: %w", err))
		}
		include = append(include, p)
	}
	return source, target, include, nil
}

// addressEndpoint reads of an address what kind of server it is.
func addressEndpoint(address string, e *config.Endpoint) error {
	if address == "" {
		return nil
	}
	lines, err := addressYAML(address)
	if err != nil {
		return err
	}
	switch first := lines[0]; {
	case strings.HasPrefix(first, "aurora:"):
		e.Aurora = &config.Aurora{}
	case strings.HasPrefix(first, "cloudsql:"):
		e.CloudSQL = &config.CloudSQL{}
	default:
		e.Host = address
	}
	return nil
}

// familyOf tells whose server it is, as far as its address says so.
func familyOf(e config.Endpoint) grants.Family {
	host, _, _ := strings.Cut(e.Host, ":")
	switch {
	case e.CloudSQL != nil:
		return grants.CloudSQL
	case e.Aurora != nil, strings.Contains(host, ".cluster-") && strings.Contains(host, ".rds.amazonaws.com"):
		return grants.Aurora
	}
	return grants.Plain
}

// databasesOf returns the databases that patterns name: by name, and where the
// name has wildcards as GRANT writes them.
func databasesOf(include []config.Pattern) (schemas, patterns []string) {
	for _, p := range include {
		name, wild := databaseOf(p.String())
		if wild {
			patterns = append(patterns, name)
		} else {
			schemas = append(schemas, name)
		}
	}
	slices.Sort(schemas)
	slices.Sort(patterns)
	return slices.Compact(schemas), slices.Compact(patterns)
}

// databaseOf reads the database of a valid pattern.
func databaseOf(pattern string) (name string, wild bool) {
	if rest, quoted := strings.CutPrefix(pattern, "`"); quoted {
		var b strings.Builder
		for i := 0; i < len(rest); i++ {
			if rest[i] == '`' {
				if i+1 >= len(rest) || rest[i+1] != '`' {
					break
				}
				i++
			}
			b.WriteByte(rest[i])
		}
		return b.String(), false
	}
	name, _, _ = strings.Cut(pattern, ".")
	if !strings.ContainsAny(name, "*?") {
		return name, false
	}
	return strings.NewReplacer("_", `\_`, "*", "%", "?", "_").Replace(name), true
}
