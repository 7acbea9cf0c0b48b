package ui

import "time"

// Status is a migration at one moment: what tandem status shows and what
// progress is drawn from. Its JSON form is a contract; SchemaVersion grows when
// something in it changes its meaning.
type Status struct {
	SchemaVersion int       `json:"schema_version"`
	At            time.Time `json:"at"`
	Migration     string    `json:"migration"`
	Phase         Phase     `json:"phase"`
	Replicator    string    `json:"replicator,omitempty"` // who replicates: host and process
	Source        Side      `json:"source"`
	Target        Side      `json:"target"`
	Links         []Link    `json:"links"`
	Groups        []Group   `json:"groups"`
	Copy          Copy      `json:"copy"`
	Verified      *Verified `json:"verified,omitempty"` // what has been proven; nil: nothing
	// Retention has the sides whose binlogs are purged before long.
	Retention []Retention `json:"retention,omitempty"`
	Waiting   []Wait      `json:"waiting"`
	Notes     []string    `json:"notes,omitempty"` // what was found and is for later
	Next      []Next      `json:"next"`
}

// StatusVersion is the version of Status.
const StatusVersion = 1

// Phase is what a migration as a whole is doing.
type Phase string

// The phases, in their usual order.
const (
	PhaseNone      Phase = "not begun"
	PhasePreparing Phase = "preparing"
	PhaseCopying   Phase = "copying"
	PhaseStreaming Phase = "streaming"
	PhaseStopped   Phase = "stopped" // there is state, but nobody replicates
	PhaseFailed    Phase = "failed"
)

// Verified is what comparisons have proven about the rows.
type Verified struct {
	Tables   int    `json:"tables"`
	Position string `json:"gtid"` // all that these transactions had changed was compared
	// At is when that position was reached, FullAt when all rows were compared last:
	// of the table for which it is longest ago.
	At         time.Time `json:"at"`
	FullAt     time.Time `json:"full_at"`
	Pending    int64     `json:"pending"`    // rows that did not stand still
	Mismatches int64     `json:"mismatches"` // rows that differ
}

// Side is one of the two databases.
type Side struct {
	Server   string `json:"server"`             // host:port or the like
	Version  string `json:"version,omitempty"`  // of MySQL
	Position string `json:"position,omitempty"` // GTID set: executed on the source, applied on the target
	UUID     string `json:"server_uuid,omitempty"`
	File     string `json:"binlog_file,omitempty"` // the same position in the source's binlog
	Pos      uint64 `json:"binlog_pos,omitempty"`
	Error    string `json:"error,omitempty"` // why the side cannot be asked
}

// Link is replication in one direction.
type Link struct {
	Name       string  `json:"name"`                 // forward or reverse
	State      string  `json:"state"`                // such as streaming, catching up, stopped
	Position   string  `json:"position,omitempty"`   // GTID set of the checkpoint
	LagSeconds float64 `json:"lag_seconds"`          // negative: unknown
	LagBytes   int64   `json:"lag_bytes"`            // negative: unknown
	LagTx      int64   `json:"lag_transactions"`     // negative: unknown
	Applied    int64   `json:"applied_transactions"` // by the running process
	TxRate     float64 `json:"transactions_per_second"`
	RowRate    float64 `json:"rows_per_second"`
	SpoolBytes int64   `json:"spool_bytes"` // read, not applied, and on disk
	Conflicts  int64   `json:"conflicts"`
	Breaches   int64   `json:"breaches"`
	Error      string  `json:"error,omitempty"`
}

// Copy is the initial copy as a whole and by table.
type Copy struct {
	TablesDone  int         `json:"tables_done"`
	TablesTotal int         `json:"tables_total"`
	RowsDone    int64       `json:"rows_done"`
	RowsTotal   int64       `json:"rows_total"` // estimated
	BytesDone   int64       `json:"bytes_done"`
	RowRate     float64     `json:"rows_per_second"`
	ByteRate    float64     `json:"bytes_per_second"`
	Tables      []TableCopy `json:"tables"`
}

// TableCopy is the copy of one table.
type TableCopy struct {
	Name      string  `json:"name"`  // db.table
	State     string  `json:"state"` // waiting, copying, indexing, done, failed
	RowsDone  int64   `json:"rows_done"`
	RowsTotal int64   `json:"rows_total"` // estimated; the state says when it is done
	BytesDone int64   `json:"bytes_done"`
	RowRate   float64 `json:"rows_per_second"`
}

// The states of a table's copy.
const (
	TableWaiting  = "waiting"
	TableCopying  = "copying"
	TableIndexing = "indexing" // all rows are there, indexes are being built
	TableDone     = "done"
	TableFailed   = "failed"
)

// Wait is something that does not go on, and why.
type Wait struct {
	Who   string  `json:"who"` // a link, a table
	For   string  `json:"for"` // the condition, with its present value
	Since float64 `json:"since_seconds"`
}

// Next is a command worth typing.
type Next struct {
	Command string `json:"command"`
	Why     string `json:"why"`
}
