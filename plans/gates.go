package plans

// Gates must all hold at once before the fence goes up. They are tried again
// and again until they do, or until the timeout.
type Gates struct {
	Timeout Duration     `yaml:"timeout"`
	Lag     *LagGate     `yaml:"lag"`
	Parity  *ParityGate  `yaml:"parity"`
	Reverse *ReverseGate `yaml:"reverse"`
	// Retention looks that neither side purges binlogs that are still needed.
	Retention *RetentionGate `yaml:"retention"`
	SQL       []SQLCheck     `yaml:"sql"`
	Exec      []Exec         `yaml:"exec"`
	HTTP      []HTTP         `yaml:"http"`
}

// Empty tells whether there is no gate at all.
func (g *Gates) Empty() bool {
	return g == nil || g.Lag == nil && g.Parity == nil && g.Reverse == nil && g.Retention == nil && len(g.SQL)+len(g.Exec)+len(g.HTTP) == 0
}

// LagGate asks that the link has been close behind for a while.
type LagGate struct {
	Below Duration `yaml:"below"`
	For   Duration `yaml:"for"`
}

// ParityGate asks that the groups were proved equal not longer ago than this.
type ParityGate struct {
	Within Duration `yaml:"within"`
}

// ReverseGate asks that the way back works: a canary row goes to the other side
// and comes back through the reverse link.
type ReverseGate struct {
	Canary bool     `yaml:"canary"`
	Below  Duration `yaml:"below"` // how long the canary may take
}

// RetentionGate asks that the binlogs that the links still need are kept for
// longer than this, on both sides.
type RetentionGate struct {
	Above Duration `yaml:"above"`
}

// SQLCheck asks a side a question that must have a certain answer: one row of
// one column.
type SQLCheck struct {
	Name    string   `yaml:"name"`
	Side    Side     `yaml:"side"`
	Query   string   `yaml:"query"`
	Expect  string   `yaml:"expect"`
	Timeout Duration `yaml:"timeout"`
}

// Side is where a question is asked.
type Side string

// The sides: the two databases by name, or by whether they own the groups.
const (
	SideSource Side = "source"
	SideTarget Side = "target"
)

// Exec runs a program, without a shell, in the plan's folder. It has worked if
// it ends with 0.
type Exec struct {
	Name    string   `yaml:"name"`
	Command []string `yaml:"command"`
	Timeout Duration `yaml:"timeout"`
}

// HTTP sends a request. It has worked if the answer has the status (200 if
// none is given), and the text if one is.
type HTTP struct {
	Name      string            `yaml:"name"`
	URL       string            `yaml:"url"`
	Method    string            `yaml:"method"`
	HeaderEnv map[string]string `yaml:"header_env"` // header to the variable that holds its value
	Body      string            `yaml:"body"`
	Status    int               `yaml:"status"`
	Contains  string            `yaml:"contains"`
	Timeout   Duration          `yaml:"timeout"`
}

// Action sends traffic to the side that owns the groups now, ${side}. The way
// back runs the same action with the other side.
type Action struct {
	Exec *Exec `yaml:"exec"`
	HTTP *HTTP `yaml:"http"`
	DNS  *DNS  `yaml:"dns"`
}

// SideVariable is replaced, in an action, by the side that traffic goes to.
const SideVariable = "${side}"

// GroupsVariable is replaced by the groups that are handed over, with commas.
const GroupsVariable = "${groups}"
