package preflight

import (
	"context"
	"fmt"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/schema"
)

// checkSchemaDiffers wants tables that are on the target already to be the
// source's: columns, order, types, character sets, unique keys.
func checkSchemaDiffers(ctx context.Context, s *state) ([]Finding, error) {
	there, err := catalog.Load(ctx, s.Target, s.Tables)
	if err != nil {
		return nil, fmt.Errorf("load the target's tables: %w", err)
	}
	byName := map[schema.Name]*schema.Table{}
	for _, t := range there {
		byName[t.Name] = t
	}
	var differ []string
	fix := ""
	for _, t := range s.tables {
		o, ok := byName[t.Name]
		if !ok || t.Fingerprint == o.Fingerprint {
			continue
		}
		d := catalog.Diff(t, o)
		if len(d) == 0 {
			continue
		}
		differ = append(differ, t.String()+": "+strings.Join(d, "; "))
		if fix == "" {
			fix = "DROP TABLE " + t.Quoted() + " on the target, and so on: tandem makes it like the source's; or ALTER TABLE it into the same shape"
		}
	}
	if len(differ) == 0 {
		return nil, nil
	}
	if s.Resume != nil {
		fix = "wait until the link is at the source's last statement; if they differ still, undo what somebody did on the target, and compare with tandem verify --schema"
		return one(Warn, "tables differ in shape: a statement may be on its way, or one was run on the target alone", list(differ), fix)
	}
	return one(Block, "tables of the target have another shape than the source's", list(differ), fix)
}
