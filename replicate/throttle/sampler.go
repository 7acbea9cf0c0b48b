package throttle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tandem/internal/mysqldb"
)

// sampler measures one number. What it has found is guarded by the throttle.
type sampler struct {
	name string
	// measure asks for the number.
	measure func(context.Context) (float64, error)
	// text is a sentence with the value and the limit in it.
	text func(value, limit float64) string
	// lastsTooLong is set where an answer that does not come is a measure, too.
	lastsTooLong bool

	gate    gate
	value   float64
	problem string
}

func (s *sampler) say() string { return s.text(s.value, s.gate.limit) }

// bounded measures, but not for ever.
func (s *sampler) bounded(ctx context.Context, most time.Duration) (float64, error) {
	if s.lastsTooLong {
		most += time.Duration(s.gate.limit * float64(time.Second))
	}
	inner, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	start := time.Now()
	value, err := s.measure(inner)
	if err != nil && s.lastsTooLong && inner.Err() != nil && ctx.Err() == nil {
		return time.Since(start).Seconds(), nil
	}
	return value, err
}

// samplers are those whose limit is not off, the ones that say most first.
func samplers(cfg *Config) []*sampler {
	l := &cfg.Limits
	all := []*sampler{
		{
			name: "stream_lag", gate: gate{limit: l.StreamLag.Seconds()},
			measure: (&streamLag{source: cfg.Source, applied: cfg.Applied, clock: time.Now}).measure,
			text:    seconds("the stream is %s behind the source (copying gives way from %s on)"),
		}, {
			name: "commit_latency", gate: gate{limit: l.CommitLatency.Seconds()}, lastsTooLong: true,
			measure: (&commits{db: cfg.Target, link: cfg.Link}).measure,
			text:    seconds("a small commit on the target takes %s (limit %s)"),
		}, {
			name: "threads_running", gate: gate{limit: float64(l.ThreadsRunning)},
			measure: func(ctx context.Context) (float64, error) { return threadsRunning(ctx, cfg.Source) },
			text:    counts("the source has %s threads running (limit %s)"),
		}, {
			name: "source_history", gate: gate{limit: float64(l.SourceHistory)},
			measure: func(ctx context.Context) (float64, error) { return history(ctx, cfg.Source) },
			text:    counts("the source's history list has %s entries (limit %s)"),
		}, {
			name: "target_history", gate: gate{limit: float64(l.TargetHistory)},
			measure: func(ctx context.Context) (float64, error) { return history(ctx, cfg.Target) },
			text:    counts("the target's history list has %s entries (limit %s)"),
		},
		cfg.query("replica_lag", l.ReplicaLag), cfg.query("query", l.Query),
	}
	var on []*sampler
	for _, s := range all {
		if s.gate.limit > 0 {
			on = append(on, s)
		}
	}
	return on
}

func seconds(format string) func(value, limit float64) string {
	text := func(s float64) string {
		return time.Duration(s * float64(time.Second)).Round(10 * time.Millisecond).String()
	}
	return func(value, limit float64) string { return fmt.Sprintf(format, text(value), text(limit)) }
}

func counts(format string) func(value, limit float64) string {
	return func(value, limit float64) string { return fmt.Sprintf(format, number(value), number(limit)) }
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// query is the sampler of a query of the user's.
func (c *Config) query(name string, q Query) *sampler {
	db, side := c.Target, "target"
	if q.OnSource {
		db, side = c.Source, "source"
	}
	limit := q.Above
	if q.SQL == "" {
		limit = 0
	}
	return &sampler{
		name: name, gate: gate{limit: limit},
		measure: func(ctx context.Context) (float64, error) { return firstNumber(ctx, db, q.SQL) },
		text: func(value, limit float64) string {
			return fmt.Sprintf("throttle.%s on the %s answers %s (limit %s)", name, side, number(value), number(limit))
		},
	}
}

// threadsRunning is how many threads of a server are at work, the one that asks
// included.
func threadsRunning(ctx context.Context, db *sql.DB) (float64, error) {
	var name string
	var n float64
	err := db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Threads_running'").Scan(&name, &n)
	return n, err
}

// history is how many old versions of rows a server has not purged: it grows
// while somebody holds a snapshot open, and slows everybody down.
func history(ctx context.Context, db *sql.DB) (float64, error) {
	var n float64
	err := db.QueryRowContext(ctx, "SELECT count FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'").Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, errNoHistory
	}
	return n, err
}

var errNoHistory = errors.New("the server does not tell how long its history list is")

// needless tells whether a measure that failed will always fail, and why.
func needless(err error) (off bool, reason string) {
	switch {
	case errors.Is(err, errNoHistory):
		return true, err.Error()
	case mysqldb.IsAccessDenied(err):
		return true, "off, a privilege is missing (the history list needs PROCESS): " + err.Error()
	}
	return false, ""
}

// firstNumber runs a query and returns its first value.
func firstNumber(ctx context.Context, db *sql.DB, query string) (float64, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	if !rows.Next() {
		return 0, errors.Join(errors.New("it answers no row"), rows.Err())
	}
	values := make([]sql.NullString, len(columns))
	to := make([]any, len(columns))
	for i := range values {
		to[i] = &values[i]
	}
	if err := rows.Scan(to...); err != nil {
		return 0, err
	}
	if len(values) == 0 || !values[0].Valid {
		return 0, errors.New("it answers NULL")
	}
	n, err := strconv.ParseFloat(values[0].String, 64)
	if err != nil {
		return 0, fmt.Errorf("it answers %.40q, which is no number", values[0].String)
	}
	return n, nil
}
