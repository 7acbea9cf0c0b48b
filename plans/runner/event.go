package runner

import "time"

// Event is what people are told while a run goes on.
type Event struct {
	At    time.Time
	Kind  EventKind
	Run   string
	Stage string
	Step  string // such as orders/fence
	Title string
	Text  string
	Took  time.Duration
	// Gates are set with GatesAsked.
	Gates []GateState
}

// EventKind says what an event tells.
type EventKind string

// The kinds of events.
const (
	StageBegun  EventKind = "stage begun"
	StepStarted EventKind = "step begun"
	Waiting     EventKind = "waiting" // replaces the last one
	GatesAsked  EventKind = "gates"   // replaces the last one
	StepDone    EventKind = "step done"
	StepBack    EventKind = "step undone"
	TryAgain    EventKind = "again"
	Paused      EventKind = "pause" // Took is how long writers waited
	StageDone   EventKind = "stage done"
	StageBack   EventKind = "stage undone"
	Said        EventKind = "note"
)

// GateState is how a gate stands.
type GateState struct {
	Step  string
	Title string
	Holds bool
	Says  string
}
