package plans

import "time"

// Snapshot makes a copy of a managed database before the stage is handed over,
// as the last resort: an on-demand backup of Cloud SQL, a snapshot of an Aurora
// cluster.
type Snapshot struct {
	Source  bool     `yaml:"source"`
	Target  bool     `yaml:"target"`
	Timeout Duration `yaml:"timeout"`
}

// SnapshotSpec is the snapshot of one side.
type SnapshotSpec struct {
	Side    Side
	Timeout Duration
}

// snapshotTime is how long a snapshot is waited for unless the plan says so.
const snapshotTime = Duration(2 * time.Hour)

func (s *Snapshot) sides() []Side {
	var list []Side
	if s != nil && s.Source {
		list = append(list, SideSource)
	}
	if s != nil && s.Target {
		list = append(list, SideTarget)
	}
	return list
}

func (s *Snapshot) check(src *source, at string) {
	if !s.Source && !s.Target {
		src.missing(at+".source", "write source: true, target: true, or both")
	}
}

// snapshots expands the copies of a stage. They come before the gates, which then
// look at things as they are behind them.
func (e *expansion) snapshots() {
	s := e.stage.Snapshot
	for _, side := range s.sides() {
		d := s.Timeout
		if d == 0 {
			d = snapshotTime
		}
		e.add(Before, KindSnapshot, string(side), Step{
			Title: "snapshot of the " + string(side), Spec: &SnapshotSpec{Side: side, Timeout: d},
			Does:     "asks the cloud for a backup (Cloud SQL) or a cluster snapshot (Aurora) named after run and stage, and waits until it can be restored from; one that was asked for before is found again",
			Confirm:  "the cloud lists it as usable",
			Undo:     "nothing: it stays, costs storage, and is yours to delete",
			Deadline: d, Bound: d.String(),
		})
	}
}
