package preflight

import (
	"context"

	"tandem/internal/schema"
)

// checkKeyOrder tells of keys that tandem can not put in order by itself: those of
// text under a collation cost some parallelism, those of floats are odd.
func checkKeyOrder(_ context.Context, s *state) ([]Finding, error) {
	var floats, texts []string
	for _, t := range s.tables {
		k := t.RowKey()
		if k == nil {
			continue
		}
		for _, p := range k.Parts {
			if p.Column < 0 {
				continue
			}
			switch c := &t.Columns[p.Column]; c.Kind {
			case schema.Float, schema.Double:
				floats = append(floats, t.String()+"."+c.Name)
			case schema.Char, schema.Text:
				texts = append(texts, t.String()+"."+c.Name+" ("+c.Collation+")")
			}
		}
	}
	var found []Finding
	if len(floats) > 0 {
		found = append(found, Finding{Severity: Warn, What: "keys are of floating point numbers: applications that look rows up by what they print may not find them, on either side",
			Evidence: list(floats), Fix: "change the columns to DECIMAL on the source"})
	}
	if len(texts) > 0 {
		found = append(found, Finding{Severity: Info, What: "keys are of text, which only the server can put in order: such tables are copied and compared a little slower", Evidence: list(texts)})
	}
	return found, nil
}
