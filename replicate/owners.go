package replicate

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"

	"tandem/internal/catalog"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
)

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
	if err := s.checkMembers(ctx, records); err != nil {
		return err
	}
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

// RegroupedError says that tandem.yaml moves a table to a group of another owner:
// nobody has handed it over.
type RegroupedError struct {
	Table      schema.Name
	Owner      ownership.Side
	Group      string
	GroupOwner ownership.Side
}

// Error names the table and both owners.
func (e *RegroupedError) Error() string {
	return fmt.Sprintf("table %s is owned by the %s, and tandem.yaml puts it into group %s, which the %s owns", e.Table, e.Owner, e.Group, e.GroupOwner)
}

// Hint says what to do.
func (e *RegroupedError) Hint() string {
	return "put the table back into its group, or hand group " + e.Group + " over to the " + string(e.Owner) + " first"
}

// checkMembers refuses a change of groups that would change a table's owner. What
// the side that the link writes has taken over is its own, with all its tables.
func (s *session) checkMembers(ctx context.Context, records map[string]ownership.Record) error {
	learnt, err := ownership.Crossed(ctx, s.target, s.cfg.Name())
	if err != nil {
		return err
	}
	rows, err := s.target.QueryContext(ctx, `SELECT schema_name, table_name, owner FROM _tandem.crossed_table WHERE link = ?`, s.cfg.Name())
	if err != nil {
		return fmt.Errorf("read which tables were handed over: %w", err)
	}
	defer rows.Close()
	taken := map[schema.Name]ownership.Side{}
	for rows.Next() {
		var n schema.Name
		var owner ownership.Side
		if err := rows.Scan(&n.Schema, &n.Table, &owner); err != nil {
			return fmt.Errorf("read which tables were handed over: %w", err)
		}
		group := s.cfg.group(n)
		is := known(records, group).Owner
		switch {
		case !s.cfg.Tables(n) || is == owner:
		case known(learnt, group).Owner != owner:
			return &RegroupedError{Table: n, Owner: owner, Group: group, GroupOwner: is}
		default:
			taken[n] = is
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read which tables were handed over: %w", err)
	}
	for n, owner := range taken {
		_, err := s.target.ExecContext(ctx, `UPDATE _tandem.crossed_table SET owner = ? WHERE link = ? AND schema_name = ? AND table_name = ?`,
			string(owner), s.cfg.Name(), n.Schema, n.Table)
		if err != nil {
			return fmt.Errorf("record the owner of table %s: %w", n, err)
		}
	}
	return nil
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
