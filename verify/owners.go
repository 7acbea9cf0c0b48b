package verify

import (
	"context"
	"database/sql"
	"fmt"
	"maps"

	"golang.org/x/sync/errgroup"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
)

// Which side leads is a matter of each table: applications write on the side that
// owns it, and a link brings the changes to the other one. Owners change while rows
// are compared, and the records of both sides tell when: the old owner's is written
// first, the new owner's once everything before has been applied there. So between
// two moments at which both sides say the same of a group, it had that owner.
//
// Where an owner changes, rows that were touched are told by both logs: by the old
// owner's up to the handover, by the new one's from there on. What is proven keeps a
// position in each for that, and the epoch of the group for which they hold (0 where
// that is not known).

// leader is what is known of a table's owner.
type leader struct {
	side  int
	epoch uint64
	// settled is set where both sides say the same: nothing is being handed over.
	settled bool
}

// other is the side that a link writes.
func (l leader) other() int { return 1 - l.side }

// owners are the leaders of groups. Of a group that has no record the source leads.
type owners map[string]leader

func (o owners) of(group string) leader {
	if l, ok := o[group]; ok {
		return l
	}
	return leader{source, 1, true}
}

// leads tells whether a side leads a group, or may.
func (o owners) leads(side int) bool {
	for _, l := range o {
		if l.side == side || !l.settled {
			return true
		}
	}
	return side == source && len(o) == 0
}

// loadOwners reads the records of both sides. Who may not read them is told, and
// takes the source for the owner.
func (r *run) loadOwners(ctx context.Context) (owners, error) {
	var sides [2]map[string]ownership.Record
	g, ctx := errgroup.WithContext(ctx)
	for i, db := range r.dbs {
		g.Go(func() (err error) {
			sides[i], err = ownership.Load(ctx, db, r.cfg.Migration)
			switch {
			case err == nil || mysqldb.IsNoSuchTable(err):
				return nil // nothing was handed over where nothing is kept
			case mysqldb.IsAccessDenied(err):
				if !r.warned.Swap(true) {
					r.cfg.Logger.Warn("the user may not read who owns the groups; those of which nothing is known are taken for the source's", "server", r.endpointName(i))
				}
				return nil
			}
			return fmt.Errorf("read who owns the groups on %s: %w", r.endpointName(i), err)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	latest, disputed := ownership.Latest(sides[:]...)
	out := owners{}
	for name, one := range latest {
		l := leader{source, one.Epoch, !disputed[name]}
		if one.Owner == ownership.Target {
			l.side = target
		}
		out[name] = l
	}
	return out, nil
}

// askOwners asks anew who leads.
func (r *run) askOwners(ctx context.Context) (owners, error) {
	o, err := r.loadOwners(ctx)
	if err == nil {
		r.owners.Store(&o)
	}
	return o, err
}

// groupOf is the group that hands over together with a table.
func (r *run) groupOf(n schema.Name) string {
	if r.cfg.Group == nil {
		return ownership.Default
	}
	return r.cfg.Group(n)
}

// leader is who leads a table, as it was asked last.
func (r *run) leader(n schema.Name) leader { return r.owners.Load().of(r.groupOf(n)) }

// leaderNow is leader, asked anew while a handover goes on.
func (r *run) leaderNow(ctx context.Context, n schema.Name) (leader, error) {
	if l := r.leader(n); l.settled {
		return l, nil
	}
	o, err := r.askOwners(ctx)
	return o.of(r.groupOf(n)), err
}

// stillLed tells whether a table has had one owner up to now.
func (r *run) stillLed(ctx context.Context, n schema.Name, l leader) (bool, error) {
	if !r.linked() {
		return true, nil // nothing moves
	}
	o, err := r.askOwners(ctx)
	return l.settled && o.of(r.groupOf(n)) == l, err
}

// linked tells whether a link runs.
func (r *run) linked() bool { return r.cfg.Link != nil || r.cfg.Reverse != nil }

// link is the one that reads a side, nil if there is none.
func (c *Config) link(side int) Link {
	if side == target {
		return c.Reverse
	}
	return c.Link
}

// standing is where both sides were at a moment.
type standing struct {
	at [2]change.GTIDSet
	// owners had the groups at that moment; of those that were being handed over the
	// epoch is 0.
	owners owners
}

func (s *standing) of(group string) leader { return s.owners.of(group) }

// stand asks for the positions of both sides, and who led when they were true.
func (r *run) stand(ctx context.Context) (*standing, error) {
	before, err := r.loadOwners(ctx)
	if err != nil {
		return nil, err
	}
	s := &standing{}
	if s.at, err = executed(ctx, r.dbs); err != nil {
		return nil, err
	}
	after, err := r.askOwners(ctx)
	if err != nil {
		return nil, err
	}
	s.owners = maps.Clone(after)
	for name, l := range after {
		if l != before.of(name) && l.epoch > 1 {
			l.settled = false
		}
		if !l.settled {
			l.epoch = 0
		}
		s.owners[name] = l
	}
	return s, nil
}

// executed asks both sides for their positions.
func executed(ctx context.Context, dbs [2]*sql.DB) (at [2]change.GTIDSet, err error) {
	g, ctx := errgroup.WithContext(ctx)
	for i, db := range dbs {
		g.Go(func() (err error) {
			at[i], err = mysqldb.Executed(ctx, db)
			return err
		})
	}
	err = g.Wait()
	return at, err
}
