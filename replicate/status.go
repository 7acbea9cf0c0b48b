package replicate

import (
	"time"

	"tandem/internal/ownership"
	"tandem/replicate/throttle"
)

// Status is how a link stands. Its JSON form is kept in _tandem.link, for
// `tandem status` to read from anywhere.
type Status struct {
	Migration string    `json:"migration"`
	Link      Direction `json:"link"`
	State     State     `json:"state"`
	// Daemon is the process that runs the link, or ran it last.
	Daemon Daemon `json:"daemon"`
	Source Server `json:"source"`
	Target Server `json:"target"`
	// Applied is how far the target has followed.
	Applied Applied `json:"applied"`
	Lag     Lag     `json:"lag"`
	Copy    Copy    `json:"copy"`
	Stream  Stream  `json:"stream"`
	// Groups are the owners of the groups as of Applied.
	Groups []ownership.Record `json:"groups,omitempty"`
	// Conflicts counts what is in _tandem.conflict.
	Conflicts int64 `json:"conflicts"`
	// Breaches counts what is in _tandem.breach.
	Breaches int64 `json:"breaches"`
	// Waiting says what waits for what.
	Waiting []string `json:"waiting,omitempty"`
	// Error is why the link does not run, or why it connects again.
	Error string `json:"error,omitempty"`
	// Next says what to type.
	Next []string  `json:"next,omitempty"`
	At   time.Time `json:"at"`
}

// State is the phase of a link's life.
type State string

// The states. See the package comment.
const (
	NotStarted State = "not started"
	Preparing  State = "preparing"
	Copying    State = "copying"
	Streaming  State = "streaming"
	CaughtUp   State = "caught up"
	Retrying   State = "connecting again"
	Stopped    State = "stopped"
	Failed     State = "failed"
	Off        State = "off"
)

// Daemon is the process that runs a link.
type Daemon struct {
	Running bool      `json:"running"`
	Host    string    `json:"host,omitempty"`
	PID     int       `json:"pid,omitempty"`
	Epoch   uint64    `json:"epoch,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Seen    time.Time `json:"seen,omitzero"`
}

// Server is one side.
type Server struct {
	Address  string `json:"address"`
	Version  string `json:"version,omitempty"`
	UUID     string `json:"uuid,omitempty"`
	Executed string `json:"gtid_executed,omitempty"`
	File     string `json:"binlog_file,omitempty"`
	Pos      uint64 `json:"binlog_pos,omitempty"`
}

// Applied is the position that the target has followed the source to.
type Applied struct {
	GTID      string    `json:"gtid"`
	File      string    `json:"binlog_file,omitempty"`
	Pos       uint64    `json:"binlog_pos,omitempty"`
	Committed time.Time `json:"committed_at,omitzero"`
}

// Lag is how far the target is behind.
type Lag struct {
	// Seconds since the commit, on the source, of the last transaction applied;
	// 0 when there is nothing left to apply.
	Seconds float64 `json:"seconds"`
	// Bytes of binlog that are not applied.
	Bytes uint64 `json:"bytes"`
	// Transactions that the source has committed and the target has not.
	Transactions int64 `json:"transactions"`
}

// Copy is the progress of the initial copy.
type Copy struct {
	Done        bool    `json:"done"`
	Rows        int64   `json:"rows"`
	RowsTotal   int64   `json:"rows_estimated"`
	Bytes       int64   `json:"bytes"`
	RowsPerSec  float64 `json:"rows_per_second"`
	BytesPerSec float64 `json:"bytes_per_second"`
	// ETASeconds is an estimate; negative where none can be made.
	ETASeconds float64 `json:"eta_seconds"`
	// Paused says why copying pauses, if it does, and Throttle what is measured to
	// decide that.
	Paused   string            `json:"paused,omitempty"`
	Throttle []throttle.Sample `json:"throttle,omitempty"`
	Tables   []Table           `json:"tables"`
}

// Table is the progress of one table.
type Table struct {
	Name       string  `json:"name"`
	State      string  `json:"state"`
	Rows       int64   `json:"rows"`
	RowsTotal  int64   `json:"rows_estimated"`
	Bytes      int64   `json:"bytes"`
	RowsPerSec float64 `json:"rows_per_second"`
	Waiting    string  `json:"waiting,omitempty"`
}

// Stream counts what the running process has applied.
type Stream struct {
	Transactions  int64   `json:"transactions"`
	Rows          int64   `json:"rows"`
	PassedOver    int64   `json:"passed_over"`
	Statements    int64   `json:"statements"`
	PerSecond     float64 `json:"transactions_per_second"`
	RowsPerSecond float64 `json:"rows_per_second"`
	SpoolBytes    int64   `json:"spool_bytes"`
}
