package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"tandem/internal/change"
	"tandem/internal/sandbox"
)

// warmUp is how many transactions are not counted.
const warmUp = 50

// latency measures tandem and native replication at a light load, one after the
// other. Here the source is as durable as the target: what it does while it
// commits is part of what is measured.
func (l *lab) latency(ctx context.Context) (_ []Latency, err error) {
	source, err := l.source(ctx, false)
	if err != nil {
		return nil, err
	}
	run := &latencyRun{lab: l, stopped: pair{source: source}}
	defer func() { err = errors.Join(err, run.stopped.close(ctx)) }()
	db, err := source.RootDB()
	if err != nil {
		return nil, err
	}
	if err := all(ctx, db, "CREATE DATABASE bench", "CREATE TABLE bench.tick (id bigint PRIMARY KEY, v int NOT NULL)"); err != nil {
		return nil, err
	}
	if run.stopped.target, err = l.base(ctx, source); err != nil {
		return nil, err
	}
	if run.from, err = executed(ctx, source); err != nil {
		return nil, err
	}
	if err := source.Stop(ctx); err != nil {
		return nil, err
	}
	names := []string{contenderTandem, natives()[0].name}
	samples := map[string][]float64{}
	for round := range l.opts.Rounds {
		for _, name := range names {
			got, err := run.contender(ctx, name)
			if err != nil {
				return nil, fmt.Errorf("latency: %s: %w", name, err)
			}
			l.say("latency: %s: p50 %.2f ms (round %d of %d)", name, summary(name, got).P50, round+1, l.opts.Rounds)
			samples[name] = append(samples[name], got...)
		}
	}
	var out []Latency
	for _, name := range names {
		out = append(out, summary(name, samples[name]))
	}
	return out, nil
}

func summary(name string, samples []float64) Latency {
	sorted := slices.Sorted(slices.Values(samples))
	return Latency{Contender: name, Samples: len(sorted), P50: quantile(sorted, 0.5), P99: quantile(sorted, 0.99), Max: quantile(sorted, 1)}
}

// latencyRun is what the contenders share.
type latencyRun struct {
	lab     *lab
	stopped pair
	from    change.GTIDSet
}

// contender starts one on fresh servers and measures it.
func (r *latencyRun) contender(ctx context.Context, name string) (_ []float64, err error) {
	p, err := r.lab.restorePair(ctx, r.stopped, r.lab.opts.durable(), nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if name == contenderTandem {
		tandem, err := r.lab.tandem(ctx, p.source, p.target)
		if err != nil {
			return nil, err
		}
		defer tandem.stop()
		go func() {
			<-tandem.ended
			cancel(fmt.Errorf("tandem has ended: %w", tandem.wait()))
		}()
	} else {
		native := natives()[0]
		if err := native.prepare(ctx, p, r.from); err != nil {
			return nil, err
		}
		db, err := p.target.RootDB()
		if err != nil {
			return nil, err
		}
		if err := all(ctx, db, "START REPLICA"); err != nil {
			return nil, err
		}
	}
	samples, err := r.measure(ctx, p)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return samples, err
}

// measure writes a row at each tick and looks for it on the target without
// pause, on a connection that does nothing else.
func (r *latencyRun) measure(ctx context.Context, p pair) ([]float64, error) {
	writer, err := r.connection(ctx, p.source)
	if err != nil {
		return nil, err
	}
	defer writer.Close()
	reader, err := r.connection(ctx, p.target)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	count := max(int(r.lab.opts.LatencyFor.Seconds()*float64(r.lab.opts.PerSecond)), 1)
	tick := time.NewTicker(time.Second / time.Duration(r.lab.opts.PerSecond))
	defer tick.Stop()
	var samples []float64
	for id := range count + warmUp {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		if _, err := writer.ExecContext(ctx, fmt.Sprintf("INSERT INTO bench.tick VALUES (%d, 0)", id)); err != nil {
			return nil, err
		}
		committed := time.Now()
		if err := await(ctx, reader, id); err != nil {
			return nil, err
		}
		if id >= warmUp {
			samples = append(samples, float64(time.Since(committed).Microseconds())/1000)
		}
	}
	return samples, nil
}

// await returns when the row is there.
func await(ctx context.Context, reader *sql.Conn, id int) error {
	query := fmt.Sprintf("SELECT v FROM bench.tick WHERE id = %d", id)
	deadline := time.Now().Add(time.Minute)
	for {
		var v int
		err := reader.QueryRowContext(ctx, query).Scan(&v)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("row %d is not on the target a minute after it was committed", id)
		}
	}
}

// connection is one of its own, in a pool of its own that ends with ctx.
func (r *latencyRun) connection(ctx context.Context, server *sandbox.Server) (*sql.Conn, error) {
	db, err := r.lab.connect(server, sandbox.UserScala)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	context.AfterFunc(ctx, func() { db.Close() })
	return conn, nil
}
