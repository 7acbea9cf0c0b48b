package retention

import (
	"fmt"
	"time"
)

// The alarms of status.
const (
	Notice = 24 * time.Hour
	Alarm  = 6 * time.Hour
)

// Policy is how long a server keeps binlogs.
type Policy struct {
	// Keeps is the time; not set where For ever or Lazy is.
	Keeps time.Duration
	// Forever is set where nothing is purged by itself.
	Forever bool
	// Lazy is set where the server purges as soon as it likes.
	Lazy bool
	// From says which setting decides.
	From string
	// Raise is what to type to keep them for longer.
	Raise string
}

// Position is how far a link has read a server's log.
type Position struct {
	// Executed is what has been applied, as a set of GTIDs; empty where none is.
	Executed string
	// Committed is when the last transaction of it was committed, as the link
	// knows it.
	Committed time.Time
}

// Left is how long the binlogs that a position needs are still kept.
type Left struct {
	Policy
	// Purged is set where something that is needed is gone already.
	Purged bool
	// For is what is left; zero where it is over, or not known.
	For time.Duration
	// At is when that was measured.
	At time.Time
}

// Of works out what is left of a policy for a position.
func Of(p Policy, at Position, purged bool, now time.Time) Left {
	l := Left{Policy: p, Purged: purged, At: now}
	if !p.Forever && !p.Lazy && !purged {
		l.For = max(0, min(p.Keeps, at.Committed.Add(p.Keeps).Sub(now)))
	}
	return l
}

// Above tells whether more than d is left.
func (l Left) Above(d time.Duration) bool {
	return !l.Purged && !l.Lazy && (l.Forever || l.For > d)
}

// String says it for people.
func (l Left) String() string {
	switch {
	case l.Purged:
		return "binlogs that are still needed are purged"
	case l.Forever:
		return "binlogs are kept for ever (" + l.From + ")"
	case l.Lazy:
		return "binlogs are purged whenever the server likes (" + l.From + ")"
	}
	return fmt.Sprintf("binlogs that are still needed are kept for %s more (%s)", round(l.For), l.From)
}

func round(d time.Duration) time.Duration {
	switch {
	case d > time.Hour:
		return d.Round(time.Minute)
	case d > 10*time.Second:
		return d.Round(time.Second)
	}
	return d.Round(100 * time.Millisecond)
}
