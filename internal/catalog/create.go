package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// creators is how many tables are created at once.
const creators = 4

// Create makes the databases and tables that the target lacks, like the
// source's. Tables that are there already are compared first: if one does not
// fit, the error is a [MismatchError] and nothing has been changed.
func Create(ctx context.Context, source, target *sql.DB, tables []*schema.Table) (Report, error) {
	return CreateDeferring(ctx, source, target, tables, Deferring{})
}

// CreateDeferring is [Create] for tables that get some of their indexes later.
func CreateDeferring(ctx context.Context, source, target *sql.DB, tables []*schema.Table, d Deferring) (Report, error) {
	var r Report
	there, err := loadNamed(ctx, target, tables)
	if err != nil {
		return r, fmt.Errorf("look for tables on the target: %w", err)
	}
	var missing []*schema.Table
	for _, t := range tables {
		if there[t.Name] == nil {
			missing = append(missing, t)
		} else {
			r.Present = append(r.Present, t.Name)
		}
	}
	if err := compare(&r, tables, there, false); err != nil {
		return r, err
	}
	m, err := newMaker(ctx, source, target, tables, d)
	if err != nil {
		return r, err
	}
	if err := m.deferAgain(ctx, there, &r); err != nil || len(missing) == 0 {
		return r, err
	}
	if err := createDatabases(ctx, source, target, missing, &r); err != nil {
		return r, err
	}
	if err := m.create(ctx, missing, &r); err != nil {
		return r, err
	}
	made, err := loadNamed(ctx, target, missing)
	if err != nil {
		return r, fmt.Errorf("look at the created tables: %w", err)
	}
	for _, t := range missing {
		if made[t.Name] == nil {
			return r, fmt.Errorf("create table %s on the target: it is not there afterwards", t.Name)
		}
	}
	return r, compare(&r, missing, made, true)
}

// loadNamed loads the tables of the same names.
func loadNamed(ctx context.Context, db *sql.DB, tables []*schema.Table) (map[schema.Name]*schema.Table, error) {
	want := make(map[schema.Name]bool, len(tables))
	for _, t := range tables {
		want[t.Name] = true
	}
	got, err := Load(ctx, db, func(n schema.Name) bool { return want[n] })
	if err != nil {
		return nil, err
	}
	byName := make(map[schema.Name]*schema.Table, len(got))
	for _, t := range got {
		byName[t.Name] = t
	}
	return byName, nil
}

// compare notes how the target's tables differ; what does not fit is an error.
func compare(r *Report, tables []*schema.Table, target map[schema.Name]*schema.Table, created bool) error {
	var bad []Mismatch
	for _, t := range tables {
		o := target[t.Name]
		if o == nil {
			continue
		}
		diff := Diff(t, o)
		if o.Engine != t.Engine {
			diff = append(diff, fmt.Sprintf("engine is %s on the source, %s on the target", t.Engine, o.Engine))
		}
		if len(diff) > 0 || o.Fingerprint != t.Fingerprint {
			bad = append(bad, Mismatch{t.Name, diff})
		}
		if r.defers(t.Name) {
			continue
		}
		for _, n := range Notes(t, o) {
			r.Notes = append(r.Notes, Remark{t.Name, n})
		}
	}
	if len(bad) > 0 {
		return &MismatchError{Tables: bad, Created: created}
	}
	return nil
}

// createDatabases makes the databases of tables that the target lacks.
func createDatabases(ctx context.Context, source, target *sql.DB, tables []*schema.Table, r *Report) error {
	var names []string
	for _, t := range tables {
		if !slices.Contains(names, t.Schema) {
			names = append(names, t.Schema)
		}
	}
	created, err := createNamed(ctx, source, target, names)
	r.Databases = append(r.Databases, created...)
	return err
}

// CreateDatabases makes every database of the source that match takes and the
// target lacks, whether or not it holds a table.
func CreateDatabases(ctx context.Context, source, target *sql.DB, match func(string) bool) error {
	names, err := databases(ctx, source)
	if err != nil {
		return fmt.Errorf("list databases of the source: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !match(name) })
	_, err = createNamed(ctx, source, target, names)
	return err
}

func createNamed(ctx context.Context, source, target *sql.DB, names []string) (created []string, err error) {
	version, err := versionOf(ctx, target)
	if err != nil {
		return nil, err
	}
	have, err := databases(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("list databases of the target: %w", err)
	}
	for _, name := range names {
		if slices.Contains(have, name) {
			continue
		}
		a := adaptation{utf8mb3: utf8mb3(version)}
		var charset, collation string
		err := source.QueryRowContext(ctx, "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME "+
			"FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=?", name).Scan(&charset, &collation)
		if err != nil {
			return created, fmt.Errorf("look at database %s: %w", name, err)
		}
		_, err = target.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+schema.Quote(name)+
			" CHARACTER SET "+a.charsetName(charset)+" COLLATE "+a.collationName(collation))
		if err != nil {
			return created, fmt.Errorf("create database %s on the target: %w", name, err)
		}
		created = append(created, name)
	}
	return created, nil
}

func versionOf(ctx context.Context, db *sql.DB) (mysqldb.Version, error) {
	var text string
	if err := db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&text); err != nil {
		return mysqldb.Version{}, fmt.Errorf("ask the target for its version: %w", err)
	}
	return mysqldb.ParseVersion(text)
}

// utf8mb3 tells whether a server knows the collations of utf8 as utf8mb3_....
func utf8mb3(v mysqldb.Version) bool { return v.AtLeast(8, 0, 30) }
