package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tandem/cmd/internal/touched"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/plans/journal"
	"tandem/plans/runner"
	"tandem/verify"
)

// planParity tells steps whether rows are equal, whoever owns them. What has been
// proven is kept on the target; to prove it for now, the rows that were touched
// since are compared.
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

// Proven implements [runner.Parity]. What was proven under another owner is brought
// up first.
func (p *planParity) Proven(ctx context.Context, groups []string) (time.Time, []string, error) {
	at, problems, behind, err := p.proven(ctx, groups)
	if err != nil || !behind {
		return at, problems, err
	}
	if err := p.Refresh(ctx, groups); err != nil {
		return time.Time{}, nil, fmt.Errorf("compare what was touched since the handover: %w", err)
	}
	at, problems, _, err = p.proven(ctx, groups)
	return at, problems, err
}

// proven reads what is proven. behind is set where it was proven under another
// owner, and can be brought up.
func (p *planParity) proven(ctx context.Context, groups []string) (at time.Time, problems []string, behind bool, err error) {
	target := p.sides[ownership.Target].DB
	all, err := verify.ReadVerified(ctx, target, p.cfg.Migration)
	if err != nil {
		return at, nil, false, err
	}
	records, err := ownership.Load(ctx, target, p.cfg.Migration)
	if err != nil && !mysqldb.IsNoSuchTable(err) {
		return at, nil, false, err
	}
	for _, g := range groups {
		epoch := records[g].Epoch
		for _, n := range p.tables[g] {
			i := slices.IndexFunc(all, func(v verify.Verified) bool { return v.Table == n })
			if i < 0 {
				problems = append(problems, fmt.Sprintf("%s was never compared: run tandem verify", n))
				continue
			}
			v := all[i]
			switch {
			case !v.Spans(epoch):
				problems = append(problems, fmt.Sprintf("%s is not proven since its group was handed over: run tandem verify", n))
			case epoch > 1 && v.Epoch != epoch:
				behind = true
			}
			if v.Mismatches > 0 {
				problems = append(problems, fmt.Sprintf("%d rows of %s differ", v.Mismatches, n))
			}
			if at.IsZero() || v.At.Before(at) {
				at = v.At
			}
		}
	}
	return at, problems, behind, nil
}

// Refresh implements [runner.Parity].
func (p *planParity) Refresh(ctx context.Context, groups []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	source, target, err := p.logs(groups, "plan")
	if err != nil {
		return err
	}
	_, err = verify.TouchedSince(ctx, p.comparison(groups), verify.Logs{Source: source, Target: target})
	return err
}

func (p *planParity) logs(groups []string, dir string) (source, target *touched.Changes, err error) {
	return logsOf(p.links, p.scopeOf(groups), filepath.Join(string(p.cfg.Replicate.Spool.Dir), dir), slog.New(slog.DiscardHandler))
}

// comparison is what is compared, and how.
func (p *planParity) comparison(groups []string) verify.Config {
	cfg := verify.Config{
		Migration: p.cfg.Migration, Source: p.links.Source, Target: p.links.Target,
		Tables: p.scopeOf(groups), Group: p.links.GroupOf, Logger: slog.New(slog.DiscardHandler),
	}
	cfg.Link, cfg.Reverse = linksOf(p.links, [2]*sql.DB{p.sides[ownership.Source].DB, p.sides[ownership.Target].DB})
	return cfg
}

// Open implements [runner.Parity]. What has piled up is compared now, and what comes
// as it comes, so that little is left for the pause.
func (p *planParity) Open(ctx context.Context, groups []string) (runner.Comparison, error) {
	if err := p.Refresh(ctx, groups); err != nil {
		return nil, fmt.Errorf("compare what was touched: %w", err)
	}
	left, err := p.tooLarge(ctx, groups)
	if err != nil {
		return nil, err
	}
	source, target, err := p.logs(groups, "pause")
	if err != nil {
		return nil, err
	}
	cfg := p.comparison(groups)
	wanted := cfg.Tables
	cfg.Tables = func(n schema.Name) bool { return wanted(n) && !slices.Contains(left, n) }
	s, err := verify.OpenTouched(ctx, cfg, verify.Followers{Source: source, Target: target})
	if err != nil {
		return nil, fmt.Errorf("compare what was touched: %w", err)
	}
	return planComparison{s, left}, nil
}

// unkeyedRows is up to how many rows a table without a key is compared in the pause.
// It can only be compared as a whole, and writers wait meanwhile.
const unkeyedRows = 20_000

// tooLarge are the tables that can not be compared in the pause. They have been
// compared right before it, and are named in the journal.
func (p *planParity) tooLarge(ctx context.Context, groups []string) (left []schema.Name, err error) {
	in := p.scopeOf(groups)
	for _, t := range p.all {
		if !in(t.Name) || t.RowKey() != nil {
			continue
		}
		var rows int64
		err := p.sides[ownership.Source].DB.QueryRowContext(ctx,
			"SELECT IFNULL(TABLE_ROWS, 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA=? AND TABLE_NAME=?", t.Name.Schema, t.Name.Table).Scan(&rows)
		if err != nil {
			return nil, fmt.Errorf("look up the size of %s: %w", t.Name, err)
		}
		if rows > unkeyedRows {
			left = append(left, t.Name)
		}
	}
	return left, nil
}

// planComparison is a session in the pause.
type planComparison struct {
	session *verify.TouchedSession
	left    []schema.Name // out of it
}

// Compare implements [runner.Comparison].
func (c planComparison) Compare(ctx context.Context) (runner.Verdict, error) {
	r, err := c.session.Compare(ctx)
	if err != nil {
		return runner.Verdict{}, err
	}
	v := runner.Verdict{Equal: r.Outcome == verify.Equal, Rows: r.Totals.Rows, Data: journal.Data{
		"gtid": r.Source.Position, "gtid_target": r.Target.Position, "compared_in": r.Ended.Sub(r.Started).String(),
	}}
	if len(c.left) > 0 {
		names := make([]string, len(c.left))
		for i, n := range c.left {
			names[i] = n.String()
		}
		v.Data["compared_before_the_pause_only"] = names
		v.LeftOut = names
	}
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
func (c planComparison) Close() error { return c.session.Close() }
