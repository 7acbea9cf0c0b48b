package plans

// Bake watches a stage that has been handed over, before the next one begins.
type Bake struct {
	For        Duration    `yaml:"for"`
	RollbackIf *RollbackIf `yaml:"rollback_if"`
}

// RollbackIf are conditions of which any one brings the stage back.
type RollbackIf struct {
	Lag    *LagAbove  `yaml:"lag"`
	Parity ParityIs   `yaml:"parity"`
	Breach bool       `yaml:"breach"` // somebody wrote on the side that is no owner
	SQL    []SQLCheck `yaml:"sql"`    // these are checks: one that fails rolls back
	Exec   []Exec     `yaml:"exec"`
	HTTP   []HTTP     `yaml:"http"`
}

// Empty tells whether there is no condition at all.
func (r *RollbackIf) Empty() bool {
	return r == nil || r.Lag == nil && r.Parity == "" && !r.Breach && len(r.SQL)+len(r.Exec)+len(r.HTTP) == 0
}

// LagAbove is met when the reverse link is further behind than this.
type LagAbove struct {
	Above Duration `yaml:"above"`
}

// ParityIs is the state of parity that rolls a stage back.
type ParityIs string

// ParityMismatch is met when a row is known to differ.
const ParityMismatch ParityIs = "mismatch"
