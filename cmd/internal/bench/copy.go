package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"tandem/internal/sandbox"
)

// The tables of the copy race: four rows in five are narrow.
const (
	createNarrow = `CREATE TABLE bench.narrow (
  id bigint NOT NULL,
  k int NOT NULL,
  c varchar(140) NOT NULL,
  pad varchar(80) NOT NULL,
  at datetime NOT NULL,
  PRIMARY KEY (id),
  KEY k (k),
  KEY at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`
	createWide = `CREATE TABLE bench.wide (
  id bigint unsigned NOT NULL,
  customer int NOT NULL,
  price decimal(14,4) NOT NULL,
  ratio double NOT NULL,
  weight float NOT NULL,
  state enum('new','paid','sent','back') NOT NULL,
  flags bit(12) NOT NULL,
  title varchar(80) NOT NULL,
  doc json,
  raw varbinary(160) NOT NULL,
  note text,
  at timestamp(6) NOT NULL,
  PRIMARY KEY (id),
  KEY customer (customer, at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`
	// The numbers from ? to ?, as q.
	numbers   = ` FROM (WITH RECURSIVE s AS (SELECT ? AS n UNION ALL SELECT n + 1 FROM s WHERE n < ?) SELECT n FROM s) q`
	fillOne   = `INSERT INTO bench.narrow SELECT n, CRC32(n) % 1000000, CONCAT(SHA2(n, 256), SHA2(n + 0.5, 256)), LEFT(SHA2(n + 0.25, 256), 60), '2026-01-01' + INTERVAL n SECOND` + numbers
	fillOther = `INSERT INTO bench.wide SELECT n, CRC32(n) % 50000, CRC32(n) / 977, CRC32(n) / 12345.678e0, CRC32(n) / 991e0, 1 + n % 4, CRC32(n) % 4096,
 CONCAT('配達 № ', n, ' – für ', LEFT(SHA2(n, 256), 20)),
 IF(n % 7 = 0, NULL, JSON_OBJECT('id', n, 'tags', JSON_ARRAY('a', n % 5, TRUE, NULL), 'size', n / 7e0, 'name', LEFT(SHA2(n, 256), 24))),
 CONCAT(UNHEX(SHA2(n, 256)), UNHEX(SHA2(n + 0.5, 256)), UNHEX(SHA2(n + 0.25, 256))),
 IF(n % 3 = 0, NULL, REPEAT(LEFT(SHA2(n, 256), 30), 1 + n % 8)), '2026-01-01 00:00:00.000001' + INTERVAL n * 1000003 MICROSECOND` + numbers
)

// copyRace fills a source and lets everybody copy it.
func (l *lab) copyRace(ctx context.Context) (_ Race, err error) {
	race := Race{Name: partCopy, Title: "initial copy", Kind: "copy"}
	source, err := l.source(ctx, false)
	if err != nil {
		return race, err
	}
	defer func() { err = errors.Join(err, source.Close(context.WithoutCancel(ctx))) }()
	l.say("copy: filling %d rows", l.opts.Rows)
	if err := l.fill(ctx, source); err != nil {
		return race, err
	}
	race.Rows = int64(l.opts.Rows)
	if race.Bytes, err = textBytes(ctx, source); err != nil {
		return race, err
	}
	race.Title = fmt.Sprintf("initial copy of two tables, %s", l.opts.Durability)
	run := func(copy func(context.Context, *sandbox.Server) (Measure, error)) func(context.Context) (Measure, error) {
		return func(ctx context.Context) (_ Measure, err error) {
			if err := forgetTandem(ctx, source); err != nil {
				return Measure{}, err
			}
			target, err := l.target(ctx)
			if err != nil {
				return Measure{}, err
			}
			defer func() { err = errors.Join(err, target.Close(context.WithoutCancel(ctx))) }()
			if err := l.settle(ctx, source); err != nil {
				return Measure{}, err
			}
			m, err := copy(ctx, target)
			if err != nil {
				return m, err
			}
			return m, judge(ctx, source, target, &m)
		}
	}
	return race, l.rounds(ctx, &race, []contender{
		{name: contenderTandem, run: run(func(ctx context.Context, target *sandbox.Server) (Measure, error) {
			return l.copyTandem(ctx, source, target)
		})},
		{name: contenderMydumper, lossy: true, run: run(func(ctx context.Context, target *sandbox.Server) (Measure, error) {
			return l.copyMydumper(ctx, source, target)
		})},
		{name: contenderMysqldump, lossy: true, run: run(func(ctx context.Context, target *sandbox.Server) (Measure, error) {
			return l.copyMysqldump(ctx, source, target)
		})},
	})
}

// forgetTandem removes what tandem keeps on a source: it fits to the target of
// another round.
func forgetTandem(ctx context.Context, source *sandbox.Server) error {
	db, err := source.RootDB()
	if err != nil {
		return err
	}
	return all(ctx, db, "DROP DATABASE IF EXISTS _tandem")
}

// copyTandem times tandem from its start to its end.
func (l *lab) copyTandem(ctx context.Context, source, target *sandbox.Server) (Measure, error) {
	meter := startMeter(source, target)
	p, err := l.catchUp(ctx, source, target)
	if err != nil {
		return Measure{}, err
	}
	took, cpu := meter.read()
	cpu.Tool = p.cpu()
	return Measure{Seconds: took.Seconds(), CPU: cpu, Peak: p.peak.Load()}, nil
}

// fill makes the rows of both tables by SQL on the server.
func (l *lab) fill(ctx context.Context, source *sandbox.Server) error {
	db, err := l.connect(source, sandbox.UserTandem)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := all(ctx, db, "CREATE DATABASE bench", createNarrow, createWide); err != nil {
		return err
	}
	wide := l.opts.Rows / 5
	var group errgroup.Group
	group.Go(func() error { return fillTable(ctx, db, fillOne, l.opts.Rows-wide) })
	group.Go(func() error { return fillTable(ctx, db, fillOther, wide) })
	return group.Wait()
}

func fillTable(ctx context.Context, db *sql.DB, statement string, rows int) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SET SESSION cte_max_recursion_depth = 1000000"); err != nil {
		return err
	}
	const step = 20_000
	for first := 1; first <= rows; first += step {
		if _, err := conn.ExecContext(ctx, statement, first, min(first+step-1, rows)); err != nil {
			return fmt.Errorf("fill rows from %d: %w", first, err)
		}
	}
	return nil
}

// textBytes is about what all rows are in a text result set.
func textBytes(ctx context.Context, source *sandbox.Server) (int64, error) {
	db, err := source.RootDB()
	if err != nil {
		return 0, err
	}
	queries, err := column[string](ctx, db, `SELECT CONCAT('SELECT SUM(', GROUP_CONCAT('COALESCE(LENGTH(', COLUMN_NAME, '), 0) + 1' SEPARATOR ' + '), ' + 4) FROM bench.', TABLE_NAME)
 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? GROUP BY TABLE_NAME`, database)
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, query := range queries {
		n, err := column[sql.NullInt64](ctx, db, query)
		if err != nil {
			return 0, err
		}
		sum += n[0].Int64
	}
	return sum, nil
}
