package cli

import (
	"context"
	"fmt"
	"slices"

	"tandem/verify"
)

// Mismatches returns which tables of groups have rows that are known to differ.
// What is merely not known to be equal is not among them.
func (p *planParity) Mismatches(ctx context.Context, groups []string) ([]string, error) {
	all, err := verify.ReadVerified(ctx, p.sides["target"].DB, p.cfg.Migration)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, g := range groups {
		for _, v := range all {
			if v.Mismatches > 0 && slices.Contains(p.tables[g], v.Table) {
				found = append(found, fmt.Sprintf("%d rows of %s differ", v.Mismatches, v.Table))
			}
		}
	}
	return found, nil
}
