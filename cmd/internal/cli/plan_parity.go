package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tandem/cmd/internal/touched"
	"tandem/internal/schema"
	"tandem/plans/journal"
	"tandem/plans/runner"
	"tandem/verify"
)

// planParity tells steps whether rows are equal. What has been proven is kept on
// the target; to prove it for now, the rows that were touched since are compared.
type planParity struct {
	*planWork

	mu sync.Mutex // one comparison at a time
}

// scopeOf returns the tables of groups.
func (p *planParity) scopeOf(groups []string) func(schema.Name) bool {
	in := map[schema.Name]bool{}
	for _, g := range groups {
		for _, n := range p.tables[g] {
			in[n] = true
		}
	}
	return func(n schema.Name) bool { return in[n] }
}

// Proven implements [runner.Parity].
func (p *planParity) Proven(ctx context.Context, groups []string) (time.Time, []string, error) {
	target := p.sides["target"]
	all, err := verify.ReadVerified(ctx, target.DB, p.cfg.Migration)
	if err != nil {
		return time.Time{}, nil, err
	}
	var at time.Time
	var problems []string
	for _, g := range groups {
		for _, n := range p.tables[g] {
			i := slices.IndexFunc(all, func(v verify.Verified) bool { return v.Table == n })
			if i < 0 {
				problems = append(problems, fmt.Sprintf("%s was never compared: run tandem verify", n))
				continue
			}
			v := all[i]
			if v.Mismatches > 0 {
				problems = append(problems, fmt.Sprintf("%d rows of %s differ", v.Mismatches, n))
			}
			if at.IsZero() || v.At.Before(at) {
				at = v.At
			}
		}
	}
	return at, problems, nil
}

// Refresh implements [runner.Parity].
func (p *planParity) Refresh(ctx context.Context, groups []string) error {
	_, err := p.compare(ctx, groups)
	return err
}

func (p *planParity) compare(ctx context.Context, groups []string) (*verify.Report, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	dir := filepath.Join(string(p.cfg.Replicate.Spool.Dir), "plan")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	in := p.scopeOf(groups)
	changes := &touched.Changes{
		Source: p.links.Source, Tables: in, Schemas: p.links.Schemas, SpoolDir: dir,
		ServerID: rand.Uint32() | 1<<31, Logger: slog.New(slog.DiscardHandler),
	}
	return verify.TouchedSince(ctx, verify.Config{
		Migration: p.cfg.Migration, Source: p.links.Source, Target: p.links.Target, Tables: in,
		Link: checkpoint{p.sides["target"].DB, p.links.Name()}, Logger: slog.New(slog.DiscardHandler),
	}, changes)
}

// Open implements [runner.Parity]. What has piled up is compared now, so that
// little is left for the pause.
func (p *planParity) Open(ctx context.Context, groups []string) (runner.Comparison, error) {
	// What is written while this runs is compared by the next pass, which is the
	// shorter for it.
	for range openPasses {
		began := time.Now()
		if err := p.Refresh(ctx, groups); err != nil {
			return nil, fmt.Errorf("compare what was touched: %w", err)
		}
		if time.Since(began) < openShort {
			break
		}
	}
	return &planComparison{p, groups}, nil
}

// A pass that is shorter than openShort is followed by another one no more.
const (
	openPasses = 6
	openShort  = 250 * time.Millisecond
)

type planComparison struct {
	parity *planParity
	groups []string
}

// Compare implements [runner.Comparison].
func (c *planComparison) Compare(ctx context.Context) (runner.Verdict, error) {
	r, err := c.parity.compare(ctx, c.groups)
	if err != nil {
		return runner.Verdict{}, err
	}
	v := runner.Verdict{Equal: r.Outcome == verify.Equal, Rows: r.Totals.Rows, Data: journal.Data{"gtid": r.Source.Position}}
	if v.Equal {
		return v, nil
	}
	for _, t := range r.Tables {
		if t.Outcome != verify.Equal {
			v.Problems = append(v.Problems, fmt.Sprintf("%s.%s: %s", t.Schema, t.Table, cmpText(t)))
		}
	}
	if len(v.Problems) == 0 {
		return v, errors.New("the comparison came to no result")
	}
	return v, nil
}

func cmpText(t verify.TableResult) string {
	c := t.Counts
	if t.Skipped != "" {
		return "skipped: " + t.Skipped
	}
	return fmt.Sprintf("%d rows missing, %d extra, %d different, %d unresolved", c.Missing, c.Extra, c.Different+c.CollationOnly, c.Unresolved)
}

// Close implements [runner.Comparison].
func (c *planComparison) Close() error { return nil }
