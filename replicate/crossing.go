package replicate

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"tandem/internal/change"
	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// What crosses from one side's _tandem to the other's:
//
//	owner's side                     link                      other side
//	ownership: other, epoch+1  ────► opening(group) ─────────► crossed, ownership
//	     ▲                                                          │
//	     │ closing(group) ◄──── opposite link ◄─────────────────────┘
//	  crossed
//
// The record is taken over in the order of the log: before it the link applies the
// group's changes, behind it those of the side that it reads are breaches. The
// opposite link begins to apply the group's changes at the same record in the
// other log.

// Turn is called before a record is taken over that changes the owner of a group,
// to change what fires on a side. It is called again after a crash, and must come
// to the same.
type Turn func(ctx context.Context, db *sql.DB, side ownership.Side, group string) error

// crossingTables are the tables whose rows cross.
var crossingTables = [...]schema.Name{{Schema: "_tandem", Table: "ownership"}, {Schema: "_tandem", Table: "signal"}}

// crossings are a session's [applier.Crossings].
type crossings struct{ *session }

// Take returns the statements that take the rows over.
func (c crossings) Take(ctx context.Context, rows []change.RowChange) (statements []string, done func(), err error) {
	next := maps.Clone(c.owners.Load().records)
	for i := range rows {
		r := &rows[i]
		if r.Op == change.Delete {
			continue
		}
		row := fields{r.Table, r.After}
		if row.text("migration") != c.cfg.Migration {
			continue
		}
		if r.Table.Name.Table == "signal" {
			if r.Op == change.Insert {
				statements = append(statements, c.signal(row)...)
			}
			continue
		}
		record := ownership.Record{Group: row.text("group_name"), Owner: ownership.Side(row.member("owner"))}
		if record.Epoch, err = strconv.ParseUint(row.text("epoch"), 10, 64); err != nil {
			return nil, nil, fmt.Errorf("read the record of group %s: %w", record.Group, err)
		}
		known := known(next, record.Group)
		if record.Epoch <= known.Epoch {
			continue
		}
		if err := c.turn(ctx, known, record); err != nil {
			return nil, nil, err
		}
		next[record.Group] = record
		takeOver, err := c.takeOver(ctx, record)
		if err != nil {
			return nil, nil, err
		}
		statements = append(append(statements, takeOver...), c.members(record)...)
	}
	return statements, func() {
		was := c.owners.Load().records
		c.owners.Store(newOwners(next))
		for g, r := range next {
			if r != known(was, g) {
				c.cfg.Logger.Info("a group has been handed over", "group", g, "owner", string(r.Owner), "epoch", r.Epoch)
			}
		}
	}, nil
}

// turn changes what fires on the side that the link writes.
func (c crossings) turn(ctx context.Context, was, is ownership.Record) error {
	written := c.cfg.side().Opposite()
	do, what := c.cfg.Closing, "close"
	if is.Owner == written {
		do, what = c.cfg.Opening, "open"
	}
	if do == nil || was.Owner == is.Owner {
		return nil
	}
	c.cfg.Hook("crossing-" + what)
	if err := do(ctx, c.target, written, is.Group); err != nil {
		return fmt.Errorf("%s group %s on the %s: %w", what, is.Group, written, err)
	}
	return nil
}

// takeOver writes a record to the side that the link writes: as what the link has
// learnt, and as that side's own. Where that one is as new, its lock is left alone:
// writers that have been refused there may hold it.
func (c crossings) takeOver(ctx context.Context, r ownership.Record) ([]string, error) {
	out := []string{c.learn(r)}
	own, err := ownership.Load(ctx, c.target, c.cfg.Migration)
	if err != nil {
		return nil, err
	}
	if own[r.Group].Epoch < r.Epoch {
		out = append(out, fmt.Sprintf("INSERT INTO _tandem.ownership (migration,group_name,owner,epoch) VALUES (%s,%s,'%s',%d)%s",
			quote(c.cfg.Migration), quote(r.Group), r.Owner, r.Epoch, unlessNewer))
	}
	return out, nil
}

// learn keeps what the link has learnt of a group.
func (s *session) learn(r ownership.Record) string {
	return fmt.Sprintf("INSERT INTO _tandem.crossed (link,group_name,owner,epoch) VALUES (%s,%s,'%s',%d)%s",
		quote(s.cfg.Name()), quote(r.Group), r.Owner, r.Epoch, unlessNewer)
}

const unlessNewer = " ON DUPLICATE KEY UPDATE owner=IF(VALUES(epoch)>epoch,VALUES(owner),owner),epoch=GREATEST(epoch,VALUES(epoch))"

// members keeps which tables went with a group.
func (c crossings) members(r ownership.Record) []string {
	var values []string
	for _, t := range c.registry.Tables() {
		if c.cfg.group(t.Name) == r.Group {
			values = append(values, fmt.Sprintf("(%s,%s,%s,'%s')", quote(c.cfg.Name()), quote(t.Name.Schema), quote(t.Name.Table), r.Owner))
		}
	}
	if len(values) == 0 {
		return nil
	}
	return []string{"REPLACE INTO _tandem.crossed_table (link,schema_name,table_name,owner) VALUES " + strings.Join(values, ",")}
}

// signal answers a signal, and sends a canary back that began on the side read.
func (c crossings) signal(row fields) []string {
	id, kind, origin := row.text("id"), row.member("kind"), row.member("origin")
	out := []string{"INSERT IGNORE INTO _tandem.signal_seen (link,id) VALUES (" + quote(c.cfg.Name()) + "," + id + ")"}
	if ownership.Kind(kind) == ownership.Canary && ownership.Side(origin) == c.cfg.side() {
		out = append(out, fmt.Sprintf("INSERT IGNORE INTO _tandem.signal (id,migration,kind,origin) VALUES (%s,%s,'%s','%s')", id, quote(c.cfg.Migration), kind, origin))
	}
	return out
}

// Blocked ends the sessions that hold a lock on the record of one of the groups on
// the side that the link writes: applications whose writes a guard has refused, and
// which have left their transaction open. They can not have written to the group;
// what they had written elsewhere is rolled back.
func (c crossings) Blocked(ctx context.Context, rows []change.RowChange) {
	var groups []string
	for i := range rows {
		r := &rows[i]
		row := fields{r.Table, r.After}
		if r.Op != change.Delete && r.Table.Name.Table == "ownership" && row.text("migration") == c.cfg.Migration {
			groups = append(groups, row.text("group_name"))
		}
	}
	ended, err := ownership.Unblock(ctx, c.target, c.cfg.Migration, groups)
	for _, e := range ended {
		c.cfg.Logger.Warn("ended a session that held up a handover by a transaction left open behind a refused write", "server", c.cfg.Target.Name, "session", e)
	}
	if err != nil {
		c.cfg.Logger.Warn("could not look for what holds up the handover", "server", c.cfg.Target.Name, "error", err)
	}
}

// fields reads a row by column names.
type fields struct {
	table *schema.Table
	row   schema.Row
}

func (f fields) text(column string) string {
	i := f.table.Column(column)
	if i < 0 {
		return ""
	}
	return string(f.row[i])
}

// member is the text of an ENUM, which the binlog has as a number.
func (f fields) member(column string) string {
	i := f.table.Column(column)
	if i < 0 {
		return ""
	}
	n, err := strconv.Atoi(string(f.row[i]))
	if err != nil || n < 1 || n > len(f.table.Columns[i].Members) {
		return string(f.row[i])
	}
	return f.table.Columns[i].Members[n-1]
}

func quote(text string) string {
	return "_utf8mb4'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
