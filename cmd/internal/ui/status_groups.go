package ui

import (
	"fmt"
	"strings"
	"time"
)

// Group is a set of tables that hand over together.
type Group struct {
	Name   string `json:"name"`
	Tables int    `json:"tables"`
	// Owner is the side on which applications write: source or target; empty while a
	// handover is on its way from one to the other.
	Owner string `json:"owner"`
	Epoch uint64 `json:"epoch"`
	// Guards says whether the databases refuse writes on the other side: armed, off,
	// or where some are missing.
	Guards string `json:"guards"`
	// Fences are those that stand and do not undo themselves.
	Fences []string `json:"fences"`
	// BehindSeconds is how far the side that is no owner is behind; negative: unknown.
	BehindSeconds float64 `json:"behind_seconds"`
	// ProvenAt is as of when all rows are known to be equal; zero: never.
	ProvenAt   time.Time `json:"proven_at,omitzero"`
	Mismatches int64     `json:"mismatches"`
	Breaches   int64     `json:"breaches"`
	// Breach names the last one of each table.
	Breach []string `json:"last_breaches,omitempty"`
	// Rollback says whether a handover can be taken back, and what that costs.
	Rollback string `json:"rollback"`
}

// groups lists who owns what, once there is something to tell: more than one group,
// or one that has moved.
func (w *screen) groups(s Status) {
	tell := len(s.Groups) > 1
	for _, g := range s.Groups {
		tell = tell || g.Owner != "source" || g.Guards != GuardsOff || len(g.Fences)+int(g.Breaches) > 0
	}
	if !tell {
		return
	}
	w.line("")
	t := &Table{Header: []string{"group", "tables", "owner", "guards", "behind", "rows equal", "rollback"}, Right: []int{1}}
	for _, g := range s.Groups {
		owner := Cell{Text: g.Owner}
		if g.Owner == "" {
			owner = Cell{"on its way", Yellow}
		}
		guards := Cell{Text: g.Guards}
		if g.Guards != GuardsOff && g.Guards != GuardsArmed {
			guards.Style = Yellow
		}
		behind := "unknown"
		if g.BehindSeconds >= 0 {
			behind = Seconds(g.BehindSeconds)
		}
		t.Cells(Cell{g.Name, Bold}, Cell{Text: fmt.Sprint(g.Tables)}, owner, guards, Cell{Text: behind}, proven(s.At, g), Cell{Text: g.Rollback})
	}
	w.table(t)
	for _, g := range s.Groups {
		if len(g.Fences) > 0 {
			w.line("%s", w.out.Paint(Yellow, g.Name+": fenced by "+strings.Join(g.Fences, ", ")))
		}
		if g.Breaches > 0 {
			w.line("%s", w.out.Paint(Red, fmt.Sprintf("%s: %s changes on the side that does not own it, kept in _tandem.breach", g.Name, Count(g.Breaches))))
			for _, last := range g.Breach {
				w.line("  the last one: %s", last)
			}
		}
	}
}

// What Guards says where there is nothing to look at.
const (
	GuardsOff   = "off"
	GuardsArmed = "armed"
)

func proven(now time.Time, g Group) Cell {
	switch {
	case g.Mismatches > 0:
		return Cell{Count(g.Mismatches) + " differ", Red}
	case g.ProvenAt.IsZero():
		return Cell{Text: "not proven"}
	}
	return Cell{Text: Seconds(now.Sub(g.ProvenAt).Seconds()) + " ago", Style: Green}
}
