package runner

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
)

// Loss is what a side that is dead has not sent back, as far as anybody knows.
type Loss struct {
	Side ownership.Side `json:"side"` // the dead one
	// GTIDs are the transactions that it is known to have committed and that have
	// not come back; Transactions counts them.
	GTIDs        string `json:"gtids"`
	Transactions int64  `json:"transactions"`
	// Through is the position that has come back.
	Through string `json:"through"`
	// Beyond says what nobody can know.
	Beyond string `json:"beyond"`
}

// Seizer opens a side and makes it the owner without asking the other one.
type Seizer func(ctx context.Context, r *Run) ([]ownership.Record, error)

// RescueWay finds what a dead side owns and must be taken from it: everything,
// unless one stage is named.
func (n *Runner) RescueWay(ctx context.Context, c Choice, dead ownership.Side) (*Way, error) {
	alive, there := n.Sides[dead.Opposite()]
	if !there {
		return nil, errors.New("rollback: neither side can be reached")
	}
	records, err := ownership.Load(ctx, alive.DB, n.Migration)
	if err != nil {
		return nil, fmt.Errorf("rollback: %w", err)
	}
	c.All = c.Stage == ""
	begun := n.unfinishedRescue()
	return n.wayBack(c, func(s StageSpec, p Past) (bool, error) {
		for _, g := range s.Groups {
			if records[g].Owner != dead && !begun[s.Name] {
				return false, nil
			}
		}
		return p.To == dead, nil
	})
}

// unfinishedRescue names the stages of a rescue that was begun and not finished.
func (n *Runner) unfinishedRescue() map[string]bool {
	names := map[string]bool{}
	u := Unfinished(n.History())
	if u == nil || u.Mode != Rescue {
		return names
	}
	if spec, err := u.Spec(); err == nil {
		for _, s := range spec.Stages {
			names[s.Name] = true
		}
	}
	return names
}

// TakeFrom takes the stages of a way back from a side that is dead: without its
// consent, and without what it has not sent back.
func (n *Runner) TakeFrom(ctx context.Context, w *Way, loss Loss, seize Seizer) error {
	if err := n.settleUnfinished(ctx, w); err != nil {
		return err
	}
	back := Spec{Plan: w.spec.Plan, Dir: w.spec.Dir}
	for _, s := range w.spec.Stages {
		back.Stages = append(back.Stages, s.back())
	}
	data, err := back.data()
	if err != nil {
		return err
	}
	data["mode"], data["to"], data["digest"], data["of"] = string(Rescue), string(w.To), w.digest, w.Of
	data["not_come_back"], data["not_come_back_gtids"], data["beyond"] = loss.Transactions, loss.GTIDs, loss.Beyond
	if err := n.begin(ctx, n.newRun(), data); err != nil {
		return err
	}
	run := n.run
	for _, s := range back.Stages {
		if err := n.takeStage(ctx, s, back, w, loss, seize); err != nil {
			return n.end(ctx, ctx, run, err)
		}
	}
	if err := n.end(ctx, ctx, run, nil); err != nil {
		return err
	}
	return n.endParent(ctx, w.Of)
}

func (n *Runner) takeStage(ctx context.Context, s StageSpec, spec Spec, w *Way, loss Loss, seize Seizer) error {
	h, err := n.handover(s, spec.Dir, w.digest, w.To.Opposite(), nil)
	if err != nil {
		return err
	}
	n.tell(StageBegun, Event{Stage: s.Name, Text: fmt.Sprintf("taken from the %s, which is dead", loss.Side)})
	id := s.Name + "/" + string(plans.KindCommit)
	h.current = id
	if err := n.record(ctx, journal.StepBegun, id, journal.Data{"seize": true}); err != nil {
		return err
	}
	if err := reconcile(ctx, n.Sides[w.To].DB, n.Migration, n.run, s, loss); err != nil {
		return err
	}
	n.Hook("commit begun")
	records, err := seize(ctx, h.run)
	if err != nil {
		return &StoppedError{Run: n.run, Stage: s.Name, Step: id, Why: err}
	}
	n.Hook("commit applied")
	data := journal.Data{"owner": string(w.To), "seized": true}
	for _, r := range records {
		data["epoch_"+r.Group] = r.Epoch
	}
	if err := n.record(ctx, journal.StepConfirmed, id, data); err != nil {
		return err
	}
	n.Hook("commit recorded")
	var steps []step
	for _, one := range h.steps {
		// The dead side can be closed when it is back, and not be asked for a canary.
		if one.Kind != plans.KindCanary && one.Kind != plans.KindClose {
			steps = append(steps, one)
		}
	}
	h.steps = steps
	if err := h.after(ctx); err != nil {
		return err
	}
	n.tell(StageDone, Event{Stage: s.Name, Text: string(w.To)})
	return nil
}

// reconcileTable holds what must be looked at when a dead side returns.
const reconcileTable = `CREATE TABLE IF NOT EXISTS _tandem.reconcile (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  run varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  stage varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  side enum('source','target') CHARACTER SET ascii NOT NULL,
  transactions bigint NOT NULL,
  gtids mediumtext CHARACTER SET ascii NOT NULL,
  through_gtid mediumtext CHARACTER SET ascii NOT NULL,
  beyond text CHARACTER SET utf8mb4 NOT NULL,
  at datetime(6) NOT NULL,
  done_at datetime(6) NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB`

func reconcile(ctx context.Context, db *sql.DB, migration, run string, s StageSpec, l Loss) error {
	if _, err := db.ExecContext(ctx, reconcileTable); err != nil {
		return fmt.Errorf("write down what must be looked at: %w", err)
	}
	_, err := db.ExecContext(ctx, `INSERT INTO _tandem.reconcile (migration, run, stage, side, transactions, gtids, through_gtid, beyond, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))`,
		migration, run, s.Name, string(l.Side), l.Transactions, l.GTIDs, l.Through, l.Beyond)
	if err != nil {
		return fmt.Errorf("write down what must be looked at: %w", err)
	}
	return nil
}
