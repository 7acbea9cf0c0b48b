package replicate

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"

	"tandem/internal/catalog"
	"tandem/internal/change"
	"tandem/internal/mysqldb"
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
		statements = append(statements, takeOver...)
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

// signal answers a signal, and sends a canary back that began on the side read.
func (c crossings) signal(row fields) []string {
	id, kind, origin := row.text("id"), row.member("kind"), row.member("origin")
	out := []string{"INSERT IGNORE INTO _tandem.signal_seen (link,id) VALUES (" + quote(c.cfg.Name()) + "," + id + ")"}
	if ownership.Kind(kind) == ownership.Canary && ownership.Side(origin) == c.cfg.side() {
		out = append(out, fmt.Sprintf("INSERT IGNORE INTO _tandem.signal (id,migration,kind,origin) VALUES (%s,%s,'%s','%s')", id, quote(c.cfg.Migration), kind, origin))
	}
	return out
}

// Blocked ends the sessions that hold a lock on a record of ownership on the side
// that the link writes: applications whose writes a guard has refused, and which
// have left their transaction open. They can not have written to the group.
func (c crossings) Blocked(ctx context.Context) {
	ended, err := ownership.Unblock(ctx, c.target)
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

// known is what is known of a group: of one that was never heard of, that the
// source owns it.
func known(records map[string]ownership.Record, group string) ownership.Record {
	if r, ok := records[group]; ok {
		return r
	}
	return ownership.Record{Group: group, Owner: ownership.Source, Epoch: 1}
}

// loadOwnership makes the records where there are none, and reads what the link
// has learnt up to its checkpoint.
func (s *session) loadOwnership(ctx context.Context) error {
	for _, sql := range ownership.Tables {
		if _, err := s.target.ExecContext(ctx, sql); err != nil {
			return fmt.Errorf("create the tables of _tandem: %w", err)
		}
	}
	if err := ownership.Begin(ctx, s.target, s.cfg.Migration, s.cfg.groups()); err != nil {
		return err
	}
	records, err := s.readOwners(ctx)
	if err != nil {
		return err
	}
	s.owners.Store(newOwners(records))
	for _, r := range records {
		if _, err := s.target.ExecContext(ctx, s.learn(r)); err != nil {
			return fmt.Errorf("record the owner of group %s: %w", r.Group, err)
		}
	}
	for _, n := range crossingTables {
		// Both sides have them as they were made here.
		t, err := catalog.LoadTable(ctx, s.target, n)
		if err != nil {
			return fmt.Errorf("read %s: %w", n, err)
		}
		s.crossing = append(s.crossing, t)
	}
	return nil
}

// readOwners reads who owns what, as of the link's checkpoint. Where the side that
// the link writes has taken a group over while the other one was dead, it says so
// itself and the log does not: what the link reads of that group is not the owner's
// any more.
func (s *session) readOwners(ctx context.Context) (map[string]ownership.Record, error) {
	crossed, err := ownership.Crossed(ctx, s.target, s.cfg.Name())
	if err != nil {
		return nil, err
	}
	own, err := ownership.Load(ctx, s.target, s.cfg.Migration)
	if err != nil {
		return nil, err
	}
	out := map[string]ownership.Record{}
	for g, r := range own {
		out[g] = known(crossed, g)
		if r.Owner != s.cfg.side() && r.Epoch > out[g].Epoch {
			out[g] = r
		}
	}
	return out, nil
}

// handedOver tells which tables the target owns, as far as is known before
// anything has been made.
func (s *session) handedOver(ctx context.Context) (func(schema.Name) bool, error) {
	records, err := s.readOwners(ctx)
	if err != nil && !mysqldb.IsNoSuchTable(err) {
		return nil, err
	}
	return func(n schema.Name) bool { return known(records, s.cfg.group(n)).Owner == ownership.Target }, nil
}

// groups are the names of all groups.
func (c *Config) groups() []string { return append([]string{ownership.Default}, c.Groups...) }

// group is the one that a table belongs to.
func (c *Config) group(n schema.Name) string {
	if c.GroupOf == nil {
		return ownership.Default
	}
	return c.GroupOf(n)
}

// side is the one that the link reads.
func (c *Config) side() ownership.Side {
	if c.Direction == Reverse {
		return ownership.Target
	}
	return ownership.Source
}

// owned tells whether the side that the link reads owns a table. It is asked for
// every row, so answers are kept.
func (s *session) owned(n schema.Name) bool {
	o := s.owners.Load()
	answers := o.answers.Load()
	if owned, ok := (*answers)[n]; ok {
		return owned
	}
	owned := known(o.records, s.cfg.group(n)).Owner == s.cfg.side()
	more := maps.Clone(*answers)
	more[n] = owned
	// Answers that somebody else has found at the same time are found again.
	o.answers.Store(&more)
	return owned
}

// owners are records, and what has been asked of them.
type owners struct {
	records map[string]ownership.Record
	answers atomic.Pointer[map[schema.Name]bool]
}

func newOwners(records map[string]ownership.Record) *owners {
	o := &owners{records: records}
	o.answers.Store(&map[schema.Name]bool{})
	return o
}

// streamed are the tables of a stream: those replicated, and those whose rows
// cross.
type streamed struct {
	*catalog.Registry
	crossing []*schema.Table
}

// Table returns the table of that name.
func (s streamed) Table(n schema.Name) (*schema.Table, bool) {
	for _, t := range s.crossing {
		if t.Name == n {
			return t, true
		}
	}
	return s.Registry.Table(n)
}
