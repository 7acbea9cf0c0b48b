package courier

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/go-sql-driver/mysql"
)

// Database is the name the sample database usually has.
const Database = "courier"

//go:embed schema.sql
var schemaText string

// SchemaOptions choose what of the schema is made.
type SchemaOptions struct {
	// WithoutLedger leaves out the one table that has no key.
	WithoutLedger bool
}

// CreateDatabase makes an empty database. The connection needs no default
// database. It fails where the database exists: nothing is ever overwritten.
func CreateDatabase(ctx context.Context, db *sql.DB, name string) error {
	quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+quoted+" DEFAULT CHARACTER SET utf8mb4"); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Create makes the empty tables in the current database.
func Create(ctx context.Context, db *sql.DB, opts SchemaOptions) error {
	dialect, err := DialectOf(ctx, db)
	if err != nil {
		return fmt.Errorf("create courier tables: %w", err)
	}
	statements, err := statements(dialect, opts)
	if err != nil {
		return fmt.Errorf("create courier tables: %w", err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			var refused *mysql.MySQLError
			if errors.As(err, &refused) && refused.Number == erTableExists {
				return fmt.Errorf("create courier tables: %w; drop the database first or use another name", err)
			}
			return fmt.Errorf("create courier tables: %w", err)
		}
	}
	return nil
}

// statements renders schema.sql for a server and cuts it into statements.
func statements(dialect Dialect, opts SchemaOptions) ([]string, error) {
	tmpl, err := template.New("schema.sql").Parse(schemaText)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	view := struct {
		Dialect
		JSONType string
		Ledger   bool
	}{dialect, "MEDIUMTEXT", !opts.WithoutLedger}
	if dialect.JSON {
		view.JSONType = "JSON"
	}
	if err := tmpl.Execute(&text, view); err != nil {
		return nil, err
	}
	var code strings.Builder
	for line := range strings.Lines(text.String()) {
		if !strings.HasPrefix(line, "--") {
			code.WriteString(line)
		}
	}
	all := strings.Split(code.String(), ";\n")
	for i, statement := range all {
		all[i] = strings.TrimSpace(statement)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" }), nil
}

// Tables lists the tables of the schema in the order they are made.
func Tables(opts SchemaOptions) []string {
	tables := []string{
		"depots", "customers", "drivers", "shipments", "legs", "leg_scans", "incidents", "vouchers",
		"positions", "payouts", "audit", "accounts", "transfers", "lockers", "counters", "settings",
		"report_daily", "report_drivers",
	}
	if !opts.WithoutLedger {
		tables = append(tables, "ledger")
	}
	return tables
}
