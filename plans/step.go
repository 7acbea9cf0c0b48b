package plans

// Kind is what a step does. The runner has one implementation for each.
type Kind string

// The kinds, in the order in which a stage has them.
const (
	KindApprove   Kind = "approve"
	KindSnapshot  Kind = "snapshot"
	KindArm       Kind = "arm"
	KindLinks     Kind = "links"
	KindQuiet     Kind = "quiet"
	KindLag       Kind = "lag"
	KindParity    Kind = "parity"
	KindReverse   Kind = "reverse"
	KindRetention Kind = "retention"
	KindTTL       Kind = "ttl"
	KindSQL       Kind = "sql"
	KindExec      Kind = "exec"
	KindHTTP      Kind = "http"
	KindLong      Kind = "long-transactions"

	KindFence   Kind = "fence"
	KindProve   Kind = "prove"
	KindMarker  Kind = "marker"
	KindDrain   Kind = "drain"
	KindCompare Kind = "compare"
	KindPrepare Kind = "prepare"
	KindCommit  Kind = "commit"

	KindCarry   Kind = "carry"
	KindClose   Kind = "close"
	KindTraffic Kind = "traffic"
	KindDNS     Kind = "dns"
	KindCanary  Kind = "canary"
	KindBake    Kind = "bake"
)

// Phase is the part of a stage that a step belongs to.
type Phase string

// The phases.
const (
	Before Phase = "before" // applications write as always
	Pause  Phase = "pause"  // writers wait; the pause budget runs
	After  Phase = "after"  // applications write on the other side
)

// Step is one step of a plan, as it is run and as it is shown.
type Step struct {
	Number int      `json:"number"` // from 1, through the whole plan
	ID     string   `json:"id"`     // stage/kind, or stage/kind.name; what the journal calls it
	Stage  string   `json:"stage"`
	Groups []string `json:"groups"`
	Phase  Phase    `json:"phase"`
	Kind   Kind     `json:"kind"`
	Title  string   `json:"title"`

	Checks  string `json:"checks,omitempty"`
	Does    string `json:"does,omitempty"`
	Confirm string `json:"confirm"`
	Undo    string `json:"undo"`

	// Deadline is how long the step may take; zero if it waits without an end.
	Deadline Duration `json:"deadline,omitempty"`
	// Bound says what ends the step, with the deadline in it.
	Bound string `json:"bound"`
	// PointOfNoReturn is set for the one step of a stage behind which the way
	// back is a handover of its own.
	PointOfNoReturn bool `json:"point_of_no_return,omitempty"`

	// Spec is what the plan says about the step: a *LagGate, *SQLCheck, *Exec,
	// *HTTP, *Fence, *Bake and so on, or nil.
	Spec any `json:"-"`
}

// Steps expands the plan. groups are those of tandem.yaml, which "*" stands
// for; without them "*" stays as it is.
func (p *Plan) Steps(groups []string) []Step {
	handed := p.Handover(groups)
	var all []Step
	for i := range p.Stages {
		e := &expansion{stage: &p.Stages[i], groups: handed[i]}
		if len(groups) == 0 {
			e.groups = p.Stages[i].Handover
		}
		e.before()
		e.pause()
		e.after()
		all = append(all, e.steps...)
	}
	for i := range all {
		all[i].Number = i + 1
	}
	return all
}

// expansion collects the steps of one stage.
type expansion struct {
	stage  *Stage
	groups []string
	steps  []Step
}

func (e *expansion) add(phase Phase, kind Kind, name string, s Step) {
	s.ID = e.stage.Name + "/" + string(kind)
	if name != "" {
		s.ID += "." + name
	}
	s.Stage, s.Groups, s.Phase, s.Kind = e.stage.Name, e.groups, phase, kind
	e.steps = append(e.steps, s)
}
