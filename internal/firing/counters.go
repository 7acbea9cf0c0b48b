package firing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// Raised is a counter that was behind.
type Raised struct {
	Table    schema.Name
	From, To uint64
}

// Counters raises the AUTO_INCREMENT counters of tables on the other side to
// what they are on the owner's, and never lowers one: applying rows moves them
// past the largest value only, and a value that the owner has given out and
// taken back must not be given out again.
//
// link is the name of the link that writes the other side. The statements are
// announced as that link's own, so that the opposite one, which reads them in
// the log, does not take them for somebody else's.
//
// With ahead, those that are behind are raised by so much more, where the column
// has room for it: then they need not be raised again while writers wait.
func Counters(ctx context.Context, owner, other *sql.DB, link string, tables []schema.Name, ahead uint64) ([]Raised, error) {
	fail := func(err error) error { return fmt.Errorf("raise AUTO_INCREMENT counters: %w", err) }
	var want, have map[schema.Name]uint64
	g, gctx := errgroup.WithContext(ctx) // writers may be waiting for this
	g.Go(func() (err error) {
		want, err = counters(gctx, owner, tables)
		return err
	})
	g.Go(func() (err error) {
		have, err = counters(gctx, other, tables)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, fail(err)
	}
	var behind []Raised
	for _, t := range tables {
		if from, there := have[t]; there && from < want[t] {
			behind = append(behind, Raised{Table: t, From: from, To: want[t]})
		}
	}
	if len(behind) == 0 {
		return nil, nil
	}
	if ahead > 0 {
		if err := lift(ctx, other, behind, ahead); err != nil {
			return nil, fail(err)
		}
	}
	return raise(ctx, other, link, behind)
}

// room is how many values a column must have left for some to be passed over.
const room = 1 << 24

// lift raises what counters are to be raised to.
func lift(ctx context.Context, db *sql.DB, behind []Raised, by uint64) error {
	most := map[schema.Name]uint64{}
	for i := range behind {
		d := behind[i].Table.Schema
		err := each(ctx, db, func(r *sql.Rows) error {
			t := schema.Name{Schema: d}
			var kind string
			if err := r.Scan(&t.Table, &kind); err != nil {
				return err
			}
			switch kind {
			case "int":
				most[t] = 1<<31 - 1
			case "bigint":
				most[t] = 1<<63 - 1
			}
			return nil
		}, "SELECT TABLE_NAME, LOWER(DATA_TYPE) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=? AND TABLE_NAME=? AND EXTRA LIKE '%auto_increment%'",
			d, behind[i].Table.Table)
		if err != nil {
			return fmt.Errorf("read the types of the counters' columns: %w", err)
		}
	}
	for i := range behind {
		if r, m := &behind[i], most[behind[i].Table]; m > room+by && r.To < m-room-by {
			r.To += by
		}
	}
	return nil
}

func raise(ctx context.Context, db *sql.DB, link string, behind []Raised) (done []Raised, err error) {
	fail := func(err error) error { return fmt.Errorf("raise AUTO_INCREMENT counters: %w", err) }
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fail(err)
	}
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("SET SESSION lock_wait_timeout=%d", lockWait/time.Second)); err != nil {
		return nil, fail(err)
	}
	for _, r := range behind {
		statement := fmt.Sprintf("ALTER TABLE %s AUTO_INCREMENT=%d", r.Table.Quoted(), r.To)
		if err := announce(ctx, conn, link, statement); err != nil {
			return done, fail(err)
		}
		err := patiently(ctx, func() error {
			_, err := conn.ExecContext(ctx, statement)
			return err
		})
		if err != nil {
			return done, fail(fmt.Errorf("%s: %w", r.Table, err))
		}
		done = append(done, r)
	}
	return done, nil
}

// announce keeps a statement where the opposite link looks for those that are
// tandem's own. Where no link has ever run there is nobody to tell.
func announce(ctx context.Context, conn *sql.Conn, link, statement string) error {
	h := fnv.New64a()
	h.Write([]byte(statement))
	_, err := conn.ExecContext(ctx, "REPLACE INTO _tandem.statement (link, gtid, statement, fingerprints) VALUES (?, ?, ?, '')",
		link, fmt.Sprintf("counter %016x", h.Sum64()), statement)
	if err != nil && !mysqldb.IsNoSuchTable(err) {
		return fmt.Errorf("announce the statement: %w", err)
	}
	return nil
}

// counters reads the counters of tables: one query for each of their databases.
// A table without a counter, or with one that nobody has used yet, has 1.
func counters(ctx context.Context, db *sql.DB, tables []schema.Name) (map[schema.Name]uint64, error) {
	all := map[schema.Name]uint64{}
	wanted := map[schema.Name]bool{}
	for _, t := range tables {
		wanted[t] = true
	}
	for _, d := range schemas(tables) {
		err := each(ctx, db, func(r *sql.Rows) error {
			t := schema.Name{Schema: d}
			var n uint64
			err := r.Scan(&t.Table, &n)
			if err == nil && wanted[t] {
				all[t] = n
			}
			return err
		}, "SELECT TABLE_NAME, COALESCE(AUTO_INCREMENT, 1) FROM information_schema.TABLES WHERE TABLE_SCHEMA=? AND TABLE_TYPE='BASE TABLE'", d)
		if err != nil {
			return nil, fmt.Errorf("read the counters of database %s: %w", d, err)
		}
	}
	return all, nil
}
