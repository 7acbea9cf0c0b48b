package schemadiff

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// table is a table's definition with everything that does not matter to the
// form of its rows.
type table struct {
	*schema.Table
	collation string
	comment   string
	// rowFormat and keyBlockSize are how rows are to be stored. A server may do it
	// otherwise. rowFormatGiven is set where somebody has asked for it.
	rowFormat      string
	rowFormatGiven bool
	keyBlockSize   string
	columns        []column   // as in Table.Columns
	keys           []keyExtra // as in Table.Keys
	// needsStatement is set where information_schema does not tell all.
	needsStatement bool
	shown          *shown
}

// column is what schema.Column leaves out.
type column struct {
	*schema.Column
	fallback  sql.NullString // COLUMN_DEFAULT
	exact     string         // a doubtful default as it is: X'00FF'
	computed  bool           // the default is an expression in parentheses
	generated bool           // DEFAULT_GENERATED: not a literal
	comment   string
	srid      sql.NullInt64
	onUpdate  string // the precision with it: CURRENT_TIMESTAMP(3)
}

// keyExtra is what schema.Key leaves out.
type keyExtra struct {
	*schema.Key
	method    string // BTREE, FULLTEXT, SPATIAL, RTREE
	comment   string
	invisible bool
}

func newTable(d *schema.Table) *table {
	t := &table{Table: d, shown: parseTable("")}
	for i := range d.Columns {
		t.columns = append(t.columns, column{Column: &d.Columns[i]})
	}
	for i := range d.Keys {
		t.keys = append(t.keys, keyExtra{Key: &d.Keys[i]})
		if slices.ContainsFunc(d.Keys[i].Parts, func(p schema.KeyPart) bool { return p.Column < 0 }) {
			t.needsStatement = true
		}
	}
	return t
}

func (s *side) loadTableOptions(ctx context.Context, database string) error {
	return rows(ctx, s.db, func(r *sql.Rows) error {
		var name schema.Name
		var collation, format, options, comment sql.NullString
		if err := r.Scan(&name.Schema, &name.Table, &collation, &format, &options, &comment); err != nil {
			return err
		}
		t := s.tables[name]
		if t == nil {
			return nil
		}
		t.collation = modernWord(collation.String)
		t.rowFormat = strings.ToUpper(format.String)
		t.comment = comment.String
		for _, o := range strings.Fields(strings.ToLower(options.String)) {
			key, value, _ := strings.Cut(o, "=")
			switch key {
			case "row_format":
				t.rowFormat, t.rowFormatGiven = strings.ToUpper(value), true
			case "key_block_size":
				t.keyBlockSize = value
			case "partitioned":
				t.needsStatement = true
			}
		}
		return nil
	}, "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COLLATION, ROW_FORMAT, CREATE_OPTIONS, TABLE_COMMENT "+
		"FROM information_schema.TABLES WHERE TABLE_SCHEMA=? AND TABLE_TYPE='BASE TABLE'", database)
}

func (s *side) loadColumns(ctx context.Context, database string) error {
	srid := "NULL"
	if s.atLeast(8, 0, 3) {
		srid = "SRS_ID"
	}
	return rows(ctx, s.db, func(r *sql.Rows) error {
		var name schema.Name
		var of, extra, comment string
		var c column
		if err := r.Scan(&name.Schema, &name.Table, &of, &c.fallback, &extra, &comment, &c.srid); err != nil {
			return err
		}
		t := s.tables[name]
		if t == nil {
			return nil
		}
		at := t.Column(of)
		if at < 0 {
			return nil // added meanwhile
		}
		c.Column, c.comment = t.columns[at].Column, comment
		c.generated = strings.Contains(strings.ToUpper(extra), "DEFAULT_GENERATED")
		if plainNow.MatchString(c.fallback.String) && (c.Kind == schema.Timestamp || c.Kind == schema.DateTime) {
			c.generated = true
		} else if c.generated {
			c.computed = true
		}
		if c.OnUpdateNow {
			c.onUpdate = now(c.Scale)
		}
		if c.computed || c.Column.Generated {
			t.needsStatement = true
		}
		t.columns[at] = c
		return nil
	}, "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, "+srid+
		" FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=?", database)
}

func (s *side) loadKeys(ctx context.Context, database string) error {
	visible := "'YES'"
	if s.atLeast(8, 0, 0) {
		visible = "IS_VISIBLE"
	}
	return rows(ctx, s.db, func(r *sql.Rows) error {
		var name schema.Name
		var key, method, comment, visible string
		if err := r.Scan(&name.Schema, &name.Table, &key, &method, &comment, &visible); err != nil {
			return err
		}
		t := s.tables[name]
		if t == nil {
			return nil
		}
		for i := range t.keys {
			k := &t.keys[i]
			if k.Name != key {
				continue
			}
			k.method, k.comment, k.invisible = method, comment, visible == "NO"
			if method == "FULLTEXT" {
				t.needsStatement = true
			}
			if method == "SPATIAL" || method == "FULLTEXT" {
				for j := range k.Parts {
					k.Parts[j].Prefix, k.Parts[j].Descending = 0, false // 5.6 says 32 of every spatial key
				}
			}
		}
		return nil
	}, "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, INDEX_TYPE, INDEX_COMMENT, "+visible+
		" FROM information_schema.STATISTICS WHERE TABLE_SCHEMA=? AND SEQ_IN_INDEX=1", database)
}

// loadMarks marks the tables that have CHECK constraints, or partitions that
// their options do not tell of, as those BY KEY ().
func (s *side) loadMarks(ctx context.Context, database string) error {
	if !s.atLeast(8, 0, 16) {
		return nil
	}
	return rows(ctx, s.db, func(r *sql.Rows) error {
		var name schema.Name
		if err := r.Scan(&name.Schema, &name.Table); err != nil {
			return err
		}
		if t := s.tables[name]; t != nil {
			t.needsStatement = true
		}
		return nil
	}, "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLE_CONSTRAINTS "+
		"WHERE CONSTRAINT_SCHEMA=? AND CONSTRAINT_TYPE='CHECK' UNION SELECT TABLE_SCHEMA, TABLE_NAME "+
		"FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA=? AND PARTITION_NAME IS NOT NULL", database, database)
}
