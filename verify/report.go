package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/mysqldb"
)

// report sums up what was found.
func (r *run) report(ctx context.Context, mode string) (*Report, error) {
	rep := &Report{
		Version: ReportVersion, Migration: r.cfg.Migration, Mode: mode,
		Started: r.began.UTC(), Ended: time.Now().UTC(), Linked: r.linked(),
		Tables: []TableResult{},
	}
	for i, s := range []*Side{&rep.Source, &rep.Target} {
		e := []mysqldb.Endpoint{r.cfg.Source, r.cfg.Target}[i]
		*s = Side{Endpoint: e.Addr, Version: r.facts[i].Version.Text, UUID: r.facts[i].ServerUUID}
		executed, err := mysqldb.Executed(ctx, r.dbs[i])
		if err != nil {
			return nil, fmt.Errorf("position of %s: %w", e.Name, err)
		}
		s.Position = executed.String()
	}
	for _, t := range r.tables {
		t.mu.Lock()
		res := t.result
		t.mu.Unlock()
		t.sortFindings(res.Findings)
		res.Method = t.usedMethod()
		rep.Tables = append(rep.Tables, res)
		rep.Totals.add(&res)
	}
	rep.Judge(false)
	return rep, nil
}

// sortFindings puts findings into the order of their keys: the server's where it
// is known, that of their text otherwise.
func (t *table) sortFindings(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		if a.key != nil && b.key != nil {
			if c, sure := t.spaces[source].Compare(a.key, b.key); sure {
				return c
			}
		}
		return strings.Compare(a.Key, b.Key)
	})
}

func outcome(t *TableResult) Outcome {
	c := t.Counts
	switch {
	case c.Missing+c.Extra+c.Different+c.CollationOnly > 0:
		return Mismatch
	case c.Unresolved > 0 || t.Skipped != "":
		return Inconclusive
	}
	return Equal
}

func worse(a, b Outcome) Outcome {
	if a == Mismatch || b == Mismatch {
		return Mismatch
	}
	if a == Inconclusive || b == Inconclusive {
		return Inconclusive
	}
	return Equal
}

func (s *Totals) add(t *TableResult) {
	s.Tables++
	if t.Skipped != "" {
		s.Skipped++
	}
	s.Rows += t.RowsSource
	s.Bytes += t.Bytes
	s.Missing += t.Counts.Missing
	s.Extra += t.Counts.Extra
	s.Different += t.Counts.Different
	s.CollationOnly += t.Counts.CollationOnly
	s.Unresolved += t.Counts.Unresolved
}

// usedMethod is the method by which most of a table was compared.
func (t *table) usedMethod() Method {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.result.Chunks == 0:
		return ""
	case t.probe.chosen != "":
		return t.probe.chosen
	}
	return Stream
}
