package render

import (
	"fmt"
	"time"

	"tandem/verify"
	"tandem/verify/schemadiff"
)

// ModeSchema is the mode of a [SchemaReport].
const ModeSchema = "schema"

// SchemaReport is the result of comparing everything beside the rows. It is
// what -o json prints for it.
type SchemaReport struct {
	Version   int            `json:"version"`
	Migration string         `json:"migration"`
	Mode      string         `json:"mode"` // schema
	Outcome   verify.Outcome `json:"outcome"`
	Started   time.Time      `json:"started"`
	Ended     time.Time      `json:"ended"`
	Source    verify.Side    `json:"source"`
	Target    verify.Side    `json:"target"`
	Linked    bool           `json:"linked"`
	Counts    SchemaCounts   `json:"counts"`
	// Findings is never null.
	Findings []schemadiff.Finding `json:"findings"`
}

// SchemaCounts is how many findings are of which severity.
type SchemaCounts struct {
	Mismatch int `json:"mismatch"`
	Warn     int `json:"warn"`
	Info     int `json:"info"`
	// Unchecked is how many of them say that something could not be compared.
	Unchecked int `json:"unchecked"`
}

// Settle fills in what follows from the findings. Only a mismatch means that
// the two sides are not the same; what could not be compared is not known to be.
func (r *SchemaReport) Settle() {
	r.Version, r.Mode, r.Outcome, r.Counts = verify.ReportVersion, ModeSchema, verify.Equal, SchemaCounts{}
	if r.Findings == nil {
		r.Findings = []schemadiff.Finding{}
	}
	for _, f := range r.Findings {
		switch f.Severity {
		case schemadiff.Mismatch:
			r.Counts.Mismatch++
			r.Outcome = verify.Mismatch
		case schemadiff.Warn:
			r.Counts.Warn++
		default:
			r.Counts.Info++
		}
		if f.Unchecked {
			r.Counts.Unchecked++
			if r.Outcome == verify.Equal {
				r.Outcome = verify.Inconclusive
			}
		}
	}
}

func (c SchemaCounts) text() string {
	text := fmt.Sprintf("%d that differ, %d to look at, %d that change nothing", c.Mismatch, c.Warn, c.Info)
	if c.Unchecked > 0 {
		text += fmt.Sprintf("; %d could not be compared", c.Unchecked)
	}
	return text
}

// FromSchema makes a result of a comparison of everything beside the rows:
// every kind of object is a suite.
func FromSchema(r *SchemaReport) *Result {
	res := &Result{
		Title: "Definitions of " + r.Migration, Migration: r.Migration, Mode: r.Mode, Outcome: r.Outcome,
		Started: r.Started, Ended: r.Ended, Source: r.Source, Target: r.Target, Linked: r.Linked,
		Facts: []Fact{
			{"that differ", fmt.Sprint(r.Counts.Mismatch)},
			{"to look at", fmt.Sprint(r.Counts.Warn)},
			{"that change nothing", fmt.Sprint(r.Counts.Info)},
			{"that could not be compared", fmt.Sprint(r.Counts.Unchecked)},
		},
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if n := len(res.Items); n == 0 || res.Items[n-1].Suite != string(f.Kind) || res.Items[n-1].Name != f.Object {
			res.Items = append(res.Items, Item{
				Suite: string(f.Kind), Name: f.Object, Object: f.Object, Kind: string(f.Kind), Outcome: verify.Equal,
			})
		}
		item := &res.Items[len(res.Items)-1]
		issue := Issue{Rule: f.ID, Text: f.What, Source: f.Source, Target: f.Target, Fix: f.FixText()}
		switch f.Severity {
		case schemadiff.Mismatch:
			issue.Level, item.Outcome = Error, verify.Mismatch
		case schemadiff.Warn:
			issue.Level = Warning
		default:
			issue.Level = Note
		}
		if f.Unchecked && item.Outcome == verify.Equal {
			item.Outcome = verify.Inconclusive
		}
		item.Issues = append(item.Issues, issue)
	}
	for i := range res.Items {
		res.Items[i].Text = plural(int64(len(res.Items[i].Issues)), "finding")
	}
	if len(res.Items) == 0 {
		res.Items = []Item{{Suite: "definitions", Name: r.Migration, Object: r.Migration, Kind: "migration", Outcome: verify.Equal}}
	}
	return res
}
