package preflight

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
)

// server is one of the two, with all that is known of it.
type server struct {
	side   Side
	db     *sql.DB
	facts  *mysqldb.Facts
	cloud  *Cloud
	grants *mysqldb.Grants
	vars   vars
	path   Path
}

// vars are global system variables by name, in lower case.
type vars map[string]string

func loadVars(ctx context.Context, db *sql.DB) (vars, error) {
	rows, err := db.QueryContext(ctx, "SHOW GLOBAL VARIABLES")
	if err != nil {
		return nil, fmt.Errorf("read server variables: %w", err)
	}
	defer rows.Close()
	v := vars{}
	for rows.Next() {
		var name, value sql.NullString
		if err := rows.Scan(&name, &value); err != nil {
			return nil, fmt.Errorf("read server variables: %w", err)
		}
		v[strings.ToLower(name.String)] = value.String
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read server variables: %w", err)
	}
	return v, nil
}

func (v vars) on(name string) bool {
	switch strings.ToUpper(v[name]) {
	case "ON", "1", "YES", "TRUE":
		return true
	}
	return false
}

// on returns one of the two servers.
func (s *state) on(side Side) *server {
	if side == Source {
		return &server{Source, s.Source, &s.SourceFacts, s.SourceCloud, &s.sourceGrants, s.sourceVars, s.SourcePath}
	}
	return &server{Target, s.Target, &s.TargetFacts, s.TargetCloud, &s.targetGrants, s.targetVars, s.TargetPath}
}

// servers returns both.
func (s *state) servers() []*server { return []*server{s.on(Source), s.on(Target)} }

// flavour is who runs the server. What a cloud's own interface tells counts for
// more than what the server says of itself.
func (v *server) flavour() mysqldb.Flavour {
	switch {
	case v.instance() != nil:
		return mysqldb.CloudSQL
	case v.cluster() != nil:
		return mysqldb.Aurora
	}
	return v.facts.Flavour
}

// eachServer makes a check of one server on both.
func eachServer(run func(context.Context, *state, *server) ([]Finding, error)) func(context.Context, *state) ([]Finding, error) {
	return func(ctx context.Context, s *state) ([]Finding, error) {
		var all []Finding
		for _, v := range s.servers() {
			found, err := run(ctx, s, v)
			if err != nil {
				return nil, fmt.Errorf("on the %s: %w", v.side, err)
			}
			for _, f := range found {
				if f.Side == "" {
					f.Side = v.side
				}
				all = append(all, f)
			}
		}
		if len(all) == 2 && all[0].Severity == NotApplicable && all[1].Severity == NotApplicable && all[0].What == all[1].What {
			all[0].Side = Both
			return all[:1], nil
		}
		return all, nil
	}
}
