package plans

// Rule is one thing that is looked for. Its ID is part of tandem's contract:
// scripts filter by it.
type Rule struct {
	ID       string
	Severity Severity
	About    string
}

// The rules of reading a file.
var (
	ruleYAML         = Rule{"yaml", Error, "the file is not YAML, or not one document of keys"}
	ruleUnknownKey   = Rule{"unknown-key", Error, "a key that plans do not have"}
	ruleDuplicateKey = Rule{"duplicate-key", Error, "a key that is given twice"}
	ruleWrongType    = Rule{"wrong-type", Error, "a value of another kind than the key takes"}
	ruleBadValue     = Rule{"bad-value", Error, "a value that can not be read, or is out of range"}
	ruleMissingKey   = Rule{"missing-key", Error, "a key that must be there"}
	ruleInlineSecret = Rule{"inline-secret", Error, "what looks like a password, a token or a DSN with a password"}
)

// The rules of stages and names.
var (
	ruleDuplicateName    = Rule{"duplicate-name", Error, "two stages, or two checks of a stage, with one name"}
	ruleUnreachableStage = Rule{"unreachable-stage", Error, "a stage with nothing to do, or behind one that never ends well"}
)

// The rules of groups.
var (
	ruleUnknownGroup   = Rule{"unknown-group", Error, "a group that tandem.yaml does not have"}
	ruleGroupTwice     = Rule{"group-twice", Error, "a group that is handed over twice"}
	ruleGroupNowhere   = Rule{"group-nowhere", Warning, "a group that no stage hands over"}
	ruleEmptyGroup     = Rule{"empty-group", Warning, "a group without a table on the source"}
	ruleTableTwice     = Rule{"table-in-two-groups", Error, "a table that two groups name"}
	ruleGroupNotClosed = Rule{"group-not-closed", Error, "a foreign key that leads from one group to another"}
)

// The rules of gates, approvals and the pause.
var (
	ruleNoGate          = Rule{"no-gate", Error, "no gate before the point of no return"}
	ruleNoParityGate    = Rule{"no-parity-gate", Warning, "a handover without a proof that the rows are equal"}
	ruleGateImpossible  = Rule{"gate-impossible", Error, "a gate that can not be passed"}
	ruleApprovalMissing = Rule{"approval-missing", Error, "a stage that a person must approve"}
	ruleUnboundedWait   = Rule{"unbounded-wait", Warning, "a wait without an end; nothing is paused meanwhile"}
	ruleNoTimeout       = Rule{"no-timeout", Error, "a query, program or request without a timeout"}
	rulePauseMissing    = Rule{"pause-budget-missing", Error, "no bound for how long writes are paused"}
	rulePauseSmall      = Rule{"pause-budget-small", Error, "steps in the pause are allowed more than the whole pause"}
)

// The rules of fences, traffic and the bake.
var (
	ruleFenceNothing     = Rule{"fence-nothing", Error, "neither the guard nor another fence"}
	ruleFenceUnbounded   = Rule{"fence-unbounded", Error, "a fence that does not undo itself, without a deadline"}
	ruleFenceShort       = Rule{"fence-deadline-short", Error, "a fence that is lifted while the handover may still go on"}
	ruleFenceUnproved    = Rule{"fence-unproved", Error, "a fence that nobody tries to get through"}
	ruleFenceNoUndo      = Rule{"fence-no-undo", Error, "a program that keeps writes off, and none that lets them on again"}
	ruleTrafficOneWay    = Rule{"traffic-one-way", Warning, "an action that does the same on the way back"}
	ruleTrafficSlow      = Rule{"traffic-slow", Warning, "actions that may take longer than the pause itself"}
	ruleDNSSame          = Rule{"dns-same", Error, "a record that is the same on both sides"}
	ruleSnapshotNowhere  = Rule{"snapshot-nowhere", Error, "a snapshot of a server that is in no cloud tandem knows"}
	ruleFenceSlow        = Rule{"fence-slow", Error, "a fence that takes longer than the pause: the flag read_only of Cloud SQL"}
	ruleBakeMissing      = Rule{"bake-missing", Error, "conditions to roll back, and no time to watch them"}
	ruleBakeBlind        = Rule{"bake-blind", Warning, "a bake that watches nothing"}
	ruleBakeContradicted = Rule{"bake-contradicts-gate", Error, "a condition that is met by what the gate lets pass"}
)

// Rules lists everything that lint looks for.
func Rules() []Rule {
	return []Rule{
		ruleYAML, ruleUnknownKey, ruleDuplicateKey, ruleWrongType, ruleBadValue, ruleMissingKey, ruleInlineSecret,
		ruleDuplicateName, ruleUnreachableStage,
		ruleUnknownGroup, ruleGroupTwice, ruleGroupNowhere, ruleEmptyGroup, ruleTableTwice, ruleGroupNotClosed,
		ruleNoGate, ruleNoParityGate, ruleGateImpossible, ruleApprovalMissing, ruleUnboundedWait, ruleNoTimeout, rulePauseMissing, rulePauseSmall,
		ruleFenceNothing, ruleFenceUnbounded, ruleFenceShort, ruleFenceUnproved, ruleFenceNoUndo, ruleFenceSlow,
		ruleTrafficOneWay, ruleTrafficSlow, ruleDNSSame, ruleSnapshotNowhere, ruleBakeMissing, ruleBakeBlind, ruleBakeContradicted,
	}
}
