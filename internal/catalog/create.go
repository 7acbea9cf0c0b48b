package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Report says what [Create] has done.
type Report struct {
	// Databases and Created are what was made.
	Databases []string
	Created   []schema.Name
	// Present tables were there before, and fit.
	Present []schema.Name
	// Changes say what of a created table is not as on the source, Notes what
	// differs otherwise without changing what a row is.
	Changes []Remark
	Notes   []Remark
}

// Remark is a line about a table.
type Remark struct {
	Table schema.Name
	Text  string
}

// MismatchError says that tables of the target can not take the rows of the
// source's.
type MismatchError struct {
	Tables []Mismatch
	// Created is set when the tables were made just now: then it is tandem that
	// could not make them the same.
	Created bool
}

// Mismatch is one such table.
type Mismatch struct {
	Table schema.Name
	Diff  []string
}

// Error implements error.
func (e *MismatchError) Error() string {
	var b strings.Builder
	if e.Created {
		b.WriteString("create tables on the target: what was created is not what the source has")
	} else {
		b.WriteString("compare tables: the target has tables of other shapes")
	}
	for i, m := range e.Tables {
		if i == 10 {
			fmt.Fprintf(&b, "; and %d more", len(e.Tables)-i)
			break
		}
		fmt.Fprintf(&b, "; %s: %s", m.Table, strings.Join(m.Diff, ", "))
	}
	return b.String()
}

// Hint says what to do.
func (e *MismatchError) Hint() string {
	if e.Created {
		return "create these tables on the target by hand so that they fit, then start again"
	}
	return "drop these tables on the target (tandem creates them again), alter them so that they fit, or exclude them"
}

// creators is how many tables are created at once.
const creators = 4

// Create makes the databases and tables that the target lacks, like the
// source's. Tables that are there already are compared first: if one does not
// fit, the error is a [MismatchError] and nothing has been changed.
func Create(ctx context.Context, source, target *sql.DB, tables []*schema.Table) (Report, error) {
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
	if len(missing) == 0 {
		return r, nil
	}
	if err := createDatabases(ctx, source, target, missing, &r); err != nil {
		return r, err
	}
	if err := createTables(ctx, source, target, missing, &r); err != nil {
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
	version, err := versionOf(ctx, target)
	if err != nil {
		return err
	}
	have, err := databases(ctx, target)
	if err != nil {
		return fmt.Errorf("list databases of the target: %w", err)
	}
	for _, t := range tables {
		if slices.Contains(have, t.Schema) {
			continue
		}
		have = append(have, t.Schema)
		a := adaptation{utf8mb3: utf8mb3(version)}
		var charset, collation string
		err := source.QueryRowContext(ctx, "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME "+
			"FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=?", t.Schema).Scan(&charset, &collation)
		if err != nil {
			return fmt.Errorf("look at database %s: %w", t.Schema, err)
		}
		_, err = target.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+schema.Quote(t.Schema)+
			" CHARACTER SET "+a.charsetName(charset)+" COLLATE "+a.collationName(collation))
		if err != nil {
			return fmt.Errorf("create database %s on the target: %w", t.Schema, err)
		}
		r.Databases = append(r.Databases, t.Schema)
	}
	return nil
}

func createTables(ctx context.Context, source, target *sql.DB, tables []*schema.Table, r *Report) error {
	version, err := versionOf(ctx, target)
	if err != nil {
		return err
	}
	var mu sync.Mutex // guards r
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(creators)
	for _, t := range tables {
		g.Go(func() error {
			c := creator{source: source, target: target, version: version, table: t}
			changes, err := c.create(ctx)
			if err != nil {
				return fmt.Errorf("create table %s on the target: %w", t.Name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			r.Created = append(r.Created, t.Name)
			for _, change := range changes {
				r.Changes = append(r.Changes, Remark{t.Name, change})
			}
			return nil
		})
	}
	err = g.Wait()
	byName := func(a, b schema.Name) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(r.Created, byName)
	slices.SortStableFunc(r.Changes, func(a, b Remark) int { return byName(a.Table, b.Table) })
	return err
}

// creator makes one table.
type creator struct {
	source, target *sql.DB
	version        mysqldb.Version // of the target
	table          *schema.Table
}

func (c *creator) create(ctx context.Context) (changes []string, err error) {
	a := adaptation{table: c.table, utf8mb3: utf8mb3(c.version)}
	statement, err := c.statement(ctx, &a)
	if err != nil {
		return nil, err
	}
	adapted, changes, err := a.adapt(statement)
	if err != nil {
		return nil, err
	}
	conn, err := c.target.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// The session is not as others expect it, so it is not used again.
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	for _, s := range []string{"USE " + schema.Quote(c.table.Schema), "SET SESSION foreign_key_checks=0"} {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return nil, err
		}
	}
	first := execPatiently(ctx, conn, adapted)
	if first == nil || isConnection(first) {
		return changes, first
	}
	if isForeignKeyShape(first) {
		// Setting this takes a privilege that not everybody has.
		if _, err := conn.ExecContext(ctx, "SET SESSION restrict_fk_on_non_standard_key=OFF"); err == nil {
			if first = execPatiently(ctx, conn, adapted); first == nil {
				return changes, nil
			}
		}
		return nil, &hinted{first, "a foreign key refers to columns that are no unique key: set " +
			"restrict_fk_on_non_standard_key=OFF on the target, or make them one on the source"}
	}
	plain, more, err := a.withoutStorage(adapted)
	if err != nil || plain == "" {
		return nil, errors.Join(first, err)
	}
	if err := execPatiently(ctx, conn, plain); err != nil {
		return nil, errors.Join(first, err)
	}
	return append(changes, more...), nil
}

// statement returns the source's statement and notes the table's collation.
func (c *creator) statement(ctx context.Context, a *adaptation) (string, error) {
	var collation sql.NullString
	err := c.source.QueryRowContext(ctx, "SELECT TABLE_COLLATION FROM information_schema.TABLES "+
		"WHERE TABLE_SCHEMA=? AND TABLE_NAME=? AND BINARY TABLE_NAME=?",
		c.table.Schema, c.table.Table, c.table.Table).Scan(&collation)
	if err != nil {
		return "", fmt.Errorf("look at the table on the source: %w", err)
	}
	a.collation = collation.String
	var name, statement string
	err = c.source.QueryRowContext(ctx, "SHOW CREATE TABLE "+c.table.Quoted()).Scan(&name, &statement)
	if err != nil {
		return "", fmt.Errorf("show the table on the source: %w", err)
	}
	return statement, nil
}

// execPatiently tries again when tables that refer to each other are created
// at the same moment.
func execPatiently(ctx context.Context, conn *sql.Conn, statement string) error {
	const tries = 5
	for try := 1; ; try++ {
		_, err := conn.ExecContext(ctx, statement)
		if err == nil || try == tries || !mysqldb.IsRetryable(err) {
			return err
		}
	}
}

func isConnection(err error) bool {
	return mysqldb.IsLostConnection(err) || mysqldb.IsAccessDenied(err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isForeignKeyShape recognises what 8.4 and later refuse by default.
func isForeignKeyShape(err error) bool {
	code, _ := mysqldb.Code(err)
	return code == 6125
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

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }
func (h *hinted) Hint() string  { return h.hint }
