package fencing

import (
	"context"
	"fmt"
	"slices"

	"tandem/internal/schema"
)

// scope is what must not be written: the groups' tables, and the views in their
// databases, through which they can be written as well.
type scope struct {
	tables  map[schema.Name]bool
	schemas []string
}

func (s *session) scopeOf(ctx context.Context, tables []schema.Name) (*scope, error) {
	sc := &scope{tables: map[schema.Name]bool{}}
	for _, t := range tables {
		sc.tables[t] = true
		if !slices.Contains(sc.schemas, t.Schema) {
			sc.schemas = append(sc.schemas, t.Schema)
		}
	}
	slices.Sort(sc.schemas)
	for _, db := range sc.schemas {
		views, err := s.tablesOf(ctx, db, "VIEW")
		if err != nil {
			return nil, err
		}
		for _, v := range views {
			sc.tables[v] = true
		}
	}
	return sc, nil
}

func (s *session) tablesOf(ctx context.Context, db, kind string) ([]schema.Name, error) {
	rows, err := s.QueryContext(ctx, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = ?", db, kind)
	if err != nil {
		return nil, fmt.Errorf("list the tables of %s: %w", db, err)
	}
	defer rows.Close()
	var list []schema.Name
	for rows.Next() {
		n := schema.Name{Schema: db}
		if err := rows.Scan(&n.Table); err != nil {
			return nil, fmt.Errorf("list the tables of %s: %w", db, err)
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// has tells whether a right lets what is in scope be written.
func (sc *scope) has(p *Privilege) bool {
	switch p.Level {
	case OnTable:
		return sc.tables[schema.Name{Schema: p.Schema, Table: p.Object}]
	case OnProcedure, OnFunction:
		return slices.Contains(sc.schemas, p.Schema)
	default:
		return slices.ContainsFunc(sc.schemas, func(db string) bool { return p.Schema == db || matches(p.Schema, db) })
	}
}

// onlyScope makes sure that a right on a database, or on those that fit a
// pattern, is one on nothing but what is in scope: what other groups need must
// not be taken away.
func (s *session) onlyScope(ctx context.Context, sc *scope, account Account, pattern string) error {
	rows, err := s.QueryContext(ctx, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA")
	if err != nil {
		return fmt.Errorf("list the databases: %w", err)
	}
	var covered []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			rows.Close()
			return fmt.Errorf("list the databases: %w", err)
		}
		if name == pattern || matches(pattern, name) {
			covered = append(covered, name)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list the databases: %w", err)
	}
	rows.Close()
	for _, db := range covered {
		tables, err := s.tablesOf(ctx, db, "BASE TABLE")
		if err != nil {
			return err
		}
		for _, t := range tables {
			if !sc.tables[t] {
				return &RefusedError{Kind: Grants,
					Why:  fmt.Sprintf("%s has rights on %s.* as a whole, and %s is not one of the groups' tables", account, pattern, t),
					What: "grant what the application needs table by table, hand over all tables of the database at once, or use another fence"}
			}
		}
	}
	return nil
}
