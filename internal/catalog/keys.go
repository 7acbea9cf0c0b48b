package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"tandem/internal/schema"
)

func (l *loader) loadKeys(ctx context.Context) error {
	columns := "TABLE_SCHEMA, TABLE_NAME, NON_UNIQUE, INDEX_NAME, COLUMN_NAME, SUB_PART, COLLATION"
	if l.has.expressions {
		columns += ", EXPRESSION"
	}
	return l.query(ctx, columns, "STATISTICS", "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX", func(r *sql.Rows) error {
		var database, table, index string
		var nonUnique int
		var column, order, expression sql.NullString
		var prefix sql.NullInt64
		to := []any{&database, &table, &nonUnique, &index, &column, &prefix, &order}
		if l.has.expressions {
			to = append(to, &expression)
		}
		if err := r.Scan(to...); err != nil {
			return err
		}
		t := l.of(database, table)
		if t == nil {
			return nil
		}
		part := schema.KeyPart{
			Column:     -1,
			Prefix:     int(prefix.Int64),
			Descending: order.String == "D",
			Expression: expression.String,
		}
		if expression.String == "" {
			if part.Column = t.Column(column.String); part.Column < 0 {
				return fmt.Errorf("%s: key %s: column %s: %w", t.Name, index, column.String, errMoved)
			}
		}
		if n := len(t.Keys); n == 0 || t.Keys[n-1].Name != index {
			t.Keys = append(t.Keys, schema.Key{Name: index, Primary: index == "PRIMARY", Unique: nonUnique == 0})
		}
		k := &t.Keys[len(t.Keys)-1]
		k.Parts = append(k.Parts, part)
		return nil
	})
}

// orderKeys puts the primary key first; the others stay in the order of their
// names, which is the same on both sides.
func orderKeys(t *schema.Table) {
	slices.SortStableFunc(t.Keys, func(a, b schema.Key) int {
		switch {
		case a.Primary && !b.Primary:
			return -1
		case b.Primary && !a.Primary:
			return 1
		}
		return 0
	})
}

func (l *loader) loadForeignKeys(ctx context.Context) error {
	rules, err := l.loadRules(ctx)
	if err != nil || len(rules) == 0 {
		return err
	}
	const columns = "TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, " +
		"REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME"
	return l.query(ctx, columns, "KEY_COLUMN_USAGE", "TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION",
		func(r *sql.Rows) error {
			var database, table, name, column string
			var parentSchema, parentTable, parentColumn sql.NullString
			if err := r.Scan(&database, &table, &name, &column, &parentSchema, &parentTable, &parentColumn); err != nil {
				return err
			}
			t := l.of(database, table)
			if t == nil || !parentTable.Valid {
				return nil
			}
			at := t.Column(column)
			rule, known := rules[[2]string{table, name}]
			if at < 0 || !known {
				return fmt.Errorf("%s: foreign key %s: %w", t.Name, name, errMoved)
			}
			if n := len(t.ForeignKeys); n == 0 || t.ForeignKeys[n-1].Name != name {
				t.ForeignKeys = append(t.ForeignKeys, schema.ForeignKey{
					Name:     name,
					Parent:   schema.Name{Schema: parentSchema.String, Table: parentTable.String},
					OnDelete: rule.onDelete,
					OnUpdate: rule.onUpdate,
				})
			}
			f := &t.ForeignKeys[len(t.ForeignKeys)-1]
			f.Columns = append(f.Columns, at)
			f.ParentCols = append(f.ParentCols, parentColumn.String)
			return nil
		})
}

// rule is what a foreign key does.
type rule struct{ onDelete, onUpdate string }

// loadRules returns the rules of the database's foreign keys, by table and
// name.
func (l *loader) loadRules(ctx context.Context) (map[[2]string]rule, error) {
	q := "SELECT TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE " +
		"FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA=?"
	args := []any{l.database}
	if l.table != "" {
		q += " AND TABLE_NAME=?"
		args = append(args, l.table)
	}
	rows, err := l.db.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	rules := map[[2]string]rule{}
	for rows.Next() {
		var table, name string
		var r rule
		if err := rows.Scan(&table, &name, &r.onDelete, &r.onUpdate); err != nil {
			return nil, err
		}
		rules[[2]string{table, name}] = r
	}
	return rules, rows.Err()
}
