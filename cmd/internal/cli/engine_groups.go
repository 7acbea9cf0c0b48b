package cli

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/fencing"
	"tandem/internal/guard"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/verify"
)

// groupsView is what is asked of both sides to tell how each group stands. What can
// not be asked stays empty: a status does not fail.
type groupsView struct {
	links    map[ownership.Side]replicate.Status // by the side that is read
	tables   map[string][]schema.Name
	records  map[ownership.Side]map[string]ownership.Record
	guards   map[ownership.Side]map[schema.Name]int
	fences   map[string][]string
	breaches map[schema.Name]int64
	last     map[schema.Name]string // of the breaches
	verified map[schema.Name]verify.Verified
}

// viewGroups tells how each group stands.
func viewGroups(ctx context.Context, c *config.Config, cfg replicate.Config, forward, reverse replicate.Status) []ui.Group {
	v := &groupsView{
		links:   map[ownership.Side]replicate.Status{ownership.Source: forward, ownership.Target: reverse},
		records: map[ownership.Side]map[string]ownership.Record{}, guards: map[ownership.Side]map[schema.Name]int{},
		fences: map[string][]string{}, breaches: map[schema.Name]int64{}, last: map[schema.Name]string{}, verified: map[schema.Name]verify.Verified{},
	}
	t := newTurns(c, cfg.Logger)
	for side, e := range map[ownership.Side]mysqldb.Endpoint{ownership.Source: cfg.Source, ownership.Target: cfg.Target} {
		db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 1})
		if err != nil {
			continue
		}
		v.ask(ctx, db, side, cfg.Migration)
		if v.tables == nil {
			v.tables, _ = t.tables(ctx, db)
		}
		_ = db.Close() // nothing was written
	}
	names := map[string]bool{config.DefaultGroup: true}
	for g := range c.Groups {
		names[g] = true
	}
	out := []ui.Group{}
	for _, g := range slices.Sorted(maps.Keys(names)) {
		if g == config.DefaultGroup && len(v.tables[g]) == 0 && len(names) > 1 {
			continue // every table has a group of its own
		}
		out = append(out, v.group(g))
	}
	return out
}

// ask reads one side. Tables of _tandem that are not there have nothing to tell.
func (v *groupsView) ask(ctx context.Context, db *sql.DB, side ownership.Side, migration string) {
	v.records[side], _ = ownership.Load(ctx, db, migration)
	v.guards[side] = map[schema.Name]int{}
	eachRow(ctx, db, func(n schema.Name, count int64) { v.guards[side][n] = int(count) },
		`SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_NAME LIKE ? GROUP BY 1, 2`,
		guard.Prefix+"%")
	breached := map[schema.Name]int64{}
	eachRow(ctx, db, func(n schema.Name, count int64) { breached[n] = count },
		`SELECT SUBSTRING_INDEX(table_name, '.', 1), SUBSTRING_INDEX(table_name, '.', -1), COUNT(*) FROM _tandem.breach WHERE link IN (?, ?) GROUP BY 1, 2`,
		migration+"/"+string(replicate.Forward), migration+"/"+string(replicate.Reverse))
	for n, count := range breached {
		v.breaches[n] += count
		v.last[n] = lastBreach(ctx, db, migration, n)
	}
	if fences, err := fencing.Read(ctx, db, fencing.Which{Migration: migration}); err == nil {
		for _, f := range fences {
			for _, g := range f.Groups {
				v.fences[g] = append(v.fences[g], fmt.Sprintf("%s on the %s", f.Kind, side))
			}
		}
	}
	if side == ownership.Target {
		all, _ := verify.ReadVerified(ctx, db, migration)
		for _, one := range all {
			v.verified[one.Table] = one
		}
	}
}

func eachRow(ctx context.Context, db *sql.DB, do func(schema.Name, int64), query string, args ...any) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return
	}
	defer rows.Close()
	for rows.Next() {
		var n schema.Name
		var count int64
		if rows.Scan(&n.Schema, &n.Table, &count) == nil {
			do(n, count)
		}
	}
}

func (v *groupsView) group(name string) ui.Group {
	record, settled := v.owner(name)
	g := ui.Group{Name: name, Tables: len(v.tables[name]), Epoch: record.Epoch, Guards: v.guarded(name), Fences: v.fences[name], BehindSeconds: -1}
	if g.Fences == nil {
		g.Fences = []string{}
	}
	if settled {
		g.Owner = string(record.Owner)
	}
	if l := v.links[record.Owner]; l.Daemon.Running {
		g.BehindSeconds = l.Lag.Seconds
	}
	for i, n := range v.tables[name] {
		g.Breaches += v.breaches[n]
		if v.last[n] != "" {
			g.Breach = append(g.Breach, v.last[n])
		}
		one := v.verified[n] // never, where it is not there
		g.Mismatches += one.Mismatches
		// What was proven of rows before the handover says nothing of those since.
		at := one.At
		if !one.Spans(record.Epoch) {
			at = time.Time{}
		}
		if i == 0 || at.Before(g.ProvenAt) {
			g.ProvenAt = at
		}
	}
	return v.rollback(g, record.Owner)
}

// owner is what the newest record says. It is settled once both sides say the same.
func (v *groupsView) owner(group string) (record ownership.Record, settled bool) {
	latest, disputed := ownership.Latest(v.records[ownership.Source], v.records[ownership.Target])
	r, there := latest[group]
	if !there {
		return ownership.Record{Group: group, Owner: ownership.Source, Epoch: 1}, true
	}
	return r, !disputed[group]
}

// guarded says where the guards of a group are.
func (v *groupsView) guarded(group string) string {
	tables, sides := len(v.tables[group]), map[ownership.Side]int{}
	for side, count := range v.guards {
		for _, n := range v.tables[group] {
			if count[n] == len(guard.Events()) {
				sides[side]++
			}
		}
	}
	s, t := sides[ownership.Source], sides[ownership.Target]
	switch {
	case s+t == 0:
		return ui.GuardsOff
	case s == tables && t == tables:
		return ui.GuardsArmed
	}
	return fmt.Sprintf("%d/%d source, %d/%d target", s, tables, t, tables)
}

// rollback says what taking a group back would cost.
func (v *groupsView) rollback(g ui.Group, owner ownership.Side) ui.Group {
	if owner == ownership.Source {
		g.Rollback = "not handed over"
		return g
	}
	l := v.links[ownership.Target]
	switch {
	case l.Daemon.Running && (l.State == replicate.Streaming || l.State == replicate.CaughtUp):
		g.Rollback = "loses nothing"
	case l.Lag.Transactions > 0:
		g.Rollback = fmt.Sprintf("the reverse link is %s: %s transactions have not come back", l.State, ui.Count(l.Lag.Transactions))
	case l.Daemon.Running:
		g.Rollback = fmt.Sprintf("the reverse link is %s: what has not come back would be missing", l.State)
	default:
		g.Rollback = fmt.Sprintf("the reverse link is %s: start tandem replicate first", l.State)
	}
	return g
}
