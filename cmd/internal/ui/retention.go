package ui

// Retention is a side whose binlogs are purged before long, although a link still
// needs them.
type Retention struct {
	Side        string         `json:"side"`
	Level       RetentionLevel `json:"level"`
	Says        string         `json:"says"`
	LeftSeconds float64        `json:"left_seconds"`
	// Raise is what to type to keep them for longer.
	Raise string `json:"raise,omitempty"`
}

// RetentionLevel is how bad it is.
type RetentionLevel string

// The levels: less than a day is left, less than six hours, or nothing any more.
const (
	RetentionNotice RetentionLevel = "under 24h"
	RetentionAlarm  RetentionLevel = "under 6h"
	RetentionLost   RetentionLevel = "purged"
)

func (w *screen) retention(list []Retention) {
	if len(list) == 0 {
		return
	}
	t := w.section("binlogs")
	for _, r := range list {
		style := Yellow
		if r.Level != RetentionNotice {
			style = Red
		}
		says := r.Says
		if r.Raise != "" {
			says += "; " + r.Raise
		}
		t.Cells(Cell{r.Side, Plain}, Cell{string(r.Level), style}, Cell{says, Plain})
	}
	w.table(t)
}
