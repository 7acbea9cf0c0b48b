package verify

import (
	"context"
	"fmt"

	"tandem/internal/catalog"
	"tandem/internal/scan"
	"tandem/internal/schema"
)

// load reads the definitions on both sides and queues the tables that can be
// compared. Those that can not are in the report, with the reason.
func (r *run) load(ctx context.Context) error {
	var defs [2]map[schema.Name]*schema.Table
	var order []schema.Name
	for i, db := range r.dbs {
		all, err := catalog.Load(ctx, db, r.wanted)
		if err != nil {
			return fmt.Errorf("look at the tables of %s: %w", r.endpointName(i), err)
		}
		defs[i] = make(map[schema.Name]*schema.Table, len(all))
		for _, def := range all {
			defs[i][def.Name] = def
			if i == source || defs[source][def.Name] == nil {
				order = append(order, def.Name)
			}
		}
	}
	for _, name := range order {
		d := &definition{defs: [2]*schema.Table{defs[source][name], defs[target][name]}}
		if err := r.size(ctx, d); err != nil {
			return err
		}
		t, err := r.addTable(ctx, name, d)
		if err != nil {
			return err
		}
		if t != nil {
			r.queue = append(r.queue, t)
		}
	}
	return nil
}

func (r *run) wanted(n schema.Name) bool { return r.cfg.Tables == nil || r.cfg.Tables(n) }

func (r *run) endpointName(i int) string {
	if i == source {
		return r.cfg.Source.Name
	}
	return r.cfg.Target.Name
}

// addTable puts a table into the run. It returns nil for one that can not be
// compared.
func (r *run) addTable(ctx context.Context, name schema.Name, d *definition) (*table, error) {
	a, b := d.defs[source], d.defs[target]
	if a == nil || b == nil {
		return nil, r.addOneSided(ctx, name, a, b)
	}
	t, why := r.newTable(a, b)
	r.tables = append(r.tables, t)
	t.result.Group = r.group(name)
	if why != "" {
		t.stop(why)
		r.tablesDone.Add(1)
		return nil, nil
	}
	t.rowBytes, t.rowsEstimated = d.rowBytes, d.rowCount
	r.estimated.Add(t.rowsEstimated)
	if len(t.list.JSON) > 0 && t.list.AskTypes {
		t.result.Skipped = "the types of numbers, dates and binary strings inside JSON documents were not compared: that takes JSON_TABLE, which servers before 8.0 lack"
	}
	return t, nil
}

func (r *run) newTable(a, b *schema.Table) (*table, string) {
	return newTable(a, b, tableOptions{
		jsonTable: r.jsonTable(), sameVersion: r.facts[source].Version.Compare(r.facts[target].Version) == 0, prepared: r.prepared,
	})
}

func (r *run) group(n schema.Name) string {
	if r.cfg.Group == nil {
		return ""
	}
	return r.cfg.Group(n)
}

// jsonTable tells whether both servers can tell the types inside documents.
func (r *run) jsonTable() bool {
	return scan.HasJSONTable(r.facts[source].Version.Text) && scan.HasJSONTable(r.facts[target].Version.Text)
}

// size asks how large a table is, as far as the source knows without counting.
func (r *run) size(ctx context.Context, d *definition) error {
	if d.defs[source] == nil {
		return nil
	}
	name := d.defs[source].Name
	var length int64
	err := r.dbs[source].QueryRowContext(ctx,
		"SELECT IFNULL(TABLE_ROWS,0), IFNULL(AVG_ROW_LENGTH,0) FROM information_schema.TABLES WHERE TABLE_SCHEMA=? AND TABLE_NAME=?",
		name.Schema, name.Table).Scan(&d.rowCount, &length)
	if err != nil {
		return fmt.Errorf("look up the size of %s: %w", name, err)
	}
	d.rowBytes = max(length, 16)
	return nil
}

// skip reports a table that is not compared.
func (r *run) skip(name schema.Name, why string) {
	t := &table{name: name}
	t.result = TableResult{Schema: name.Schema, Table: name.Table, Group: r.group(name), Skipped: why}
	t.stopped = true
	r.tables = append(r.tables, t)
	r.tablesDone.Add(1)
}

// addOneSided reports a table that only one side has: all its rows are missing,
// or extra.
func (r *run) addOneSided(ctx context.Context, name schema.Name, a, b *schema.Table) error {
	t := &table{name: name}
	t.result = TableResult{Schema: name.Schema, Table: name.Table, Group: r.group(name), def: a}
	where, why := source, "the target has no such table"
	if a == nil {
		where, why, t.result.def = target, "the source has no such table", b
	}
	t.result.Skipped = why
	var rows int64
	if err := r.dbs[where].QueryRowContext(ctx, "SELECT COUNT(*) FROM "+name.Quoted()).Scan(&rows); err != nil {
		return fmt.Errorf("count the rows of %s: %w", name, err)
	}
	t.result.Omitted = rows
	if where == source {
		t.result.RowsSource, t.result.Counts.Missing = rows, rows
	} else {
		t.result.RowsTarget, t.result.Counts.Extra = rows, rows
	}
	r.tables = append(r.tables, t)
	r.tablesDone.Add(1)
	r.mismatches.Add(rows)
	return nil
}
