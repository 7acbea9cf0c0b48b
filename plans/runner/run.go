package runner

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"time"

	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/plans"
	"tandem/plans/journal"
)

// Run is what the steps of one stage work with. It lives as long as the stage
// does in this process; what must outlive that is in the journal and in the
// databases.
type Run struct {
	ID        string // of the run, as the journal calls it
	Migration string
	Stage     string
	Groups    []string
	// Terms are what the plan says about the stage.
	Terms plans.Terms
	// Digest is that of the plan, which an approval must name.
	Digest string
	// Dir is the plan's folder, in which its programs run.
	Dir       string
	LookupEnv func(string) (string, bool)

	Links  Links
	Parity Parity
	// Clouds and Retention may be nil.
	Clouds    Clouds
	Retention Retention
	// Noted returns what a step has noted, in this run and in those before.
	Noted func(step string) []journal.Data
	Log   *slog.Logger
	Now   func() time.Time

	// Pause is what the steps of the pause hand on to each other; Lease is what
	// the fence must depend on.
	Pause Pause
	Lease *Lease

	from   ownership.Side
	sides  map[ownership.Side]Database
	tables map[string][]schema.Name
	hook   func(string)
	record func(context.Context, journal.Kind, journal.Data) error
	say    func(string)
	paused func(time.Duration)

	arrival *arrival
}

// Pause is the state of one pause. It is made anew for each try.
type Pause struct {
	Budget time.Duration
	// Asked is when the fence was asked for: from then on writers may wait.
	// Granted is when it was up.
	Asked, Granted time.Time
	Fence          *ownership.Fence
	Marker         ownership.Signal
	Comparison     Comparison
	// Records are who owns the groups, as the commit left it.
	Records []ownership.Record
}

// Database is one side: a small pool of tandem's user, and the way there.
type Database struct {
	DB       *sql.DB
	Endpoint mysqldb.Endpoint
}

// From is the side that owns the groups when the stage begins.
func (r *Run) From() ownership.Side { return r.from }

// To is the side that is to own them.
func (r *Run) To() ownership.Side { return r.from.Opposite() }

// DB returns a side's pool.
func (r *Run) DB(side ownership.Side) *sql.DB { return r.sides[side].DB }

// Endpoint returns the way to a side.
func (r *Run) Endpoint(side ownership.Side) mysqldb.Endpoint { return r.sides[side].Endpoint }

// Tables returns the tables of a group.
func (r *Run) Tables(group string) []schema.Name { return r.tables[group] }

// EveryTable returns the tables of all groups of the migration.
func (r *Run) EveryTable() map[string][]schema.Name { return r.tables }

// AllTables returns the tables of all the stage's groups.
func (r *Run) AllTables() []schema.Name {
	var all []schema.Name
	for _, g := range r.Groups {
		all = append(all, r.tables[g]...)
	}
	return all
}

// Vars returns what stands for the variables in the plan's actions.
func (r *Run) Vars() Vars { return Vars{Side: r.To(), Groups: r.Groups} }

// Note records something that happened within the step in hand. It returns once
// the journal has it.
func (r *Run) Note(ctx context.Context, data journal.Data) error {
	return r.record(ctx, journal.Note, data)
}

// Approved records who has approved the stage.
func (r *Run) Approved(ctx context.Context, data journal.Data) error {
	return r.record(ctx, journal.Approval, data)
}

// Asked returns what others ask of this run.
func (r *Run) Asked(ctx context.Context) ([]Request, error) {
	return Asked(ctx, r.Migration, r.ID, r.sides)
}

// Took marks the requests of a kind for this stage as taken.
func (r *Run) Took(ctx context.Context, kind RequestKind) error {
	return Take(ctx, r.Migration, r.ID, kind, r.Stage, r.sides)
}

// Paused tells people how long writers waited.
func (r *Run) Paused(d time.Duration) { r.paused(d) }

// Say tells people what is waited for or being done, in one line. It replaces
// what was said before.
func (r *Run) Say(text string) { r.say(text) }

// Hook marks a point in the work. Tests kill the process at such points.
func (r *Run) Hook(point string) { r.hook(point) }

// Vars are the variables of the plan's actions.
type Vars struct {
	Side   ownership.Side // the side that traffic goes to
	Groups []string
}

// Expand replaces the variables in a text of the plan.
func (v Vars) Expand(text string) string {
	return strings.NewReplacer(plans.SideVariable, string(v.Side), plans.GroupsVariable, strings.Join(v.Groups, ",")).Replace(text)
}

// Direction is that of a link.
type Direction string

// The directions.
const (
	Forward Direction = "forward" // source to target
	Reverse Direction = "reverse" // target to source
)

// Into returns the direction of the link that writes a side.
func Into(side ownership.Side) Direction {
	if side == ownership.Target {
		return Forward
	}
	return Reverse
}

// LinkName is how the tables of _tandem call a link.
func (r *Run) LinkName(d Direction) string { return r.Migration + "/" + string(d) }

// Links tells how the links stand.
type Links interface {
	State(ctx context.Context, d Direction) (LinkState, error)
}

// LinkState is how a link stands, as far as steps want to know.
type LinkState struct {
	Running bool   // a process runs it
	State   string // such as streaming
	// Streaming is set when it applies what happens, rather than prepares or
	// connects again.
	Streaming bool
	// Lag is how far behind it is, if LagKnown; Behind in transactions.
	Lag      time.Duration
	LagKnown bool
	Behind   int64
	// Conflicts and Breaches count what is open.
	Conflicts, Breaches int64
	// Copying are the tables whose copy is not finished, with their states.
	Copying map[schema.Name]string
	// Error is why it does not run, or connects again.
	Error string
	At    time.Time
}

// Parity tells whether the rows of groups are equal on both sides.
type Parity interface {
	// Proven returns since when every table of the groups is known to be equal,
	// and what keeps it from being known.
	Proven(ctx context.Context, groups []string) (at time.Time, problems []string, err error)
	// Refresh compares the rows that were touched since they were compared last.
	Refresh(ctx context.Context, groups []string) error
	// Open gets ready to compare within the pause what was touched since the last
	// pass, so that little is left to do then.
	Open(ctx context.Context, groups []string) (Comparison, error)
}

// Comparison compares what was touched, within the pause.
type Comparison interface {
	Compare(ctx context.Context) (Verdict, error)
	Close() error
}

// Verdict is what a comparison has found.
type Verdict struct {
	Equal    bool
	Rows     int64    // compared
	Problems []string // what differs, and what could not be settled
	LeftOut  []string // tables that were compared before the pause only
	Data     journal.Data
}
