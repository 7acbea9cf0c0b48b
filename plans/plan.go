package plans

import "tandem/internal/yamlfile"

// FileName is where a plan is looked for unless another file is named.
const FileName = "plan.yaml"

// Rest stands, in a stage's handover, for every group that no stage names.
const Rest = "*"

// Plan is a plan file as it was written, with its defaults put into the stages.
type Plan struct {
	Version  int    `yaml:"version"`
	Name     string `yaml:"name"`
	Defaults Terms  `yaml:"defaults"`
	// Rehearse is no part of what the plan does, nor of its digest.
	Rehearse *Rehearse `yaml:"rehearse"`
	Stages   []Stage   `yaml:"stages"`

	source *source
}

// Stage hands groups over, all of them in one transaction.
type Stage struct {
	Name     string   `yaml:"name"`
	Handover []string `yaml:"handover"`
	Terms    `yaml:",inline"`
}

// Terms are the conditions of a handover. Those under defaults hold for every
// stage that does not say otherwise; a key of a stage takes the whole place of
// the same key there.
type Terms struct {
	Approve          *Approve          `yaml:"approve"`
	Snapshot         *Snapshot         `yaml:"snapshot"`
	Gates            *Gates            `yaml:"gates"`
	PauseBudget      Duration          `yaml:"pause_budget"`
	LongTransactions *LongTransactions `yaml:"long_transactions"`
	Fence            *Fence            `yaml:"fence"`
	Traffic          []Action          `yaml:"traffic"`
	Bake             *Bake             `yaml:"bake"`
}

// Approve makes a stage wait for a person. It is written true, or with how long
// to wait.
type Approve struct {
	Within Duration `yaml:"within"`

	refused bool
}

// Needed tells whether the stage waits for a person.
func (a *Approve) Needed() bool { return a != nil && !a.refused }

// LongTransactions says what becomes of transactions that are open on the
// owner's side and would hold up the fence, and all writers behind it.
type LongTransactions struct {
	After Duration `yaml:"after"` // younger ones are waited for at the fence
	Then  Then     `yaml:"then"`
}

// Then is what is done about a long transaction.
type Then string

// What is done about a long transaction.
const (
	ThenWait Then = "wait" // until it ends, within the gates' timeout
	ThenKill Then = "kill"
)

// Position is a place in the file, from 1.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// File returns the name of the file the plan was read from.
func (p *Plan) File() string { return p.source.doc.Name }

// At returns where the value at a path such as stages[0].gates.lag stands, or
// the nearest thing around it that is in the file.
func (p *Plan) At(path string) Position {
	place, _ := p.source.nearest(path)
	return Position{place.Line, place.Column}
}

// inherit puts the defaults into the stages.
func (p *Plan) inherit() {
	for i := range p.Stages {
		s := &p.Stages[i]
		for _, key := range keysOf[Terms]() {
			mine, _ := yamlfile.FieldOf(elem(&s.Terms), key)
			theirs, _ := yamlfile.FieldOf(elem(&p.Defaults), key)
			if !mine.IsZero() || theirs.IsZero() || p.source.broken[stagePath(i, key)] {
				continue
			}
			mine.Set(theirs)
			p.source.alias(stagePath(i, key), "defaults."+key)
		}
	}
}
