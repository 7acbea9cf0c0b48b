package plans

import "strings"

// letGo is how every step of the pause is undone when the fence is the guard.
const letGo = "the fence is let go of: its transaction rolls back, by itself if its session ends, and the writers that waited go on"

// pause expands what comes while writers wait. All of it shares one budget;
// when that is spent the fence is let go of and nothing has happened.
func (e *expansion) pause() {
	s := e.stage
	undo := letGo
	if s.Fence.Guarded() {
		does := "BEGIN; SELECT … FROM _tandem.ownership … FOR UPDATE on the owner's side, in a session that the server ends with the pause budget"
		if s.Fence != nil && s.Fence.Wait > 0 {
			does += "; the lock is waited for no longer than " + s.Fence.Wait.String()
		}
		e.inPause(KindFence, Step{
			Title: "raise the fence", Spec: s.Fence, Does: does,
			Confirm: "the lock is granted: writers in flight have ended, new ones wait and do not fail",
			Undo:    letGo + "; a deadlock or lock timeout here means that nothing happened, and it is tried again",
		})
	} else {
		undo = "the fence is taken down again: " + e.takeDown()
		e.inPause(KindFence, Step{
			Title: "raise the fence", Spec: s.Fence, Does: e.raise(),
			Confirm: "each kind is read back from the server",
			Undo:    undo + e.deadline(),
		})
		e.inPause(KindProve, Step{
			Title: "prove the fence", Spec: s.Fence,
			Checks:  "a write to the groups, tried as the application's user, is refused, and none of its sessions is left",
			Confirm: "the server's refusal is in the journal", Undo: undo,
		})
	}
	e.inPause(KindMarker, Step{
		Title: "mark the end of the owner's log", Does: "writes a marker row on the owner's side, from a second session",
		Confirm: "the row's GTID is known", Undo: undo,
	})
	e.inPause(KindDrain, Step{
		Title: "drain", Checks: "the other side has applied the marker, and with it every change before it",
		Confirm: "the other side's checkpoint contains the marker's GTID", Undo: undo,
	})
	e.inPause(KindCompare, Step{
		Title: "compare what was touched", Checks: "the rows touched since the last full pass are equal on both sides",
		Confirm: "no row is missing, extra, different or unresolved", Undo: undo,
	})
	e.inPause(KindPrepare, Step{
		Title:   "prepare the new owner",
		Does:    "raises AUTO_INCREMENT above both sides, creates or enables triggers and events there, brings over views and routines",
		Confirm: "counters and objects are read back from the new owner",
		Undo:    "triggers and events are taken away from it again; counters stay raised, which harms nobody. Then " + undo,
	})
	e.inPause(KindCommit, Step{
		Title:   "hand over",
		Does:    "writes the new owner and the next epoch into the owner's row, and commits",
		Confirm: "the commit's answer; if it is lost, the owner's row, which is the truth. While it can not be read the outcome is ambiguous: exit code 6",
		Undo:    "not undone any more: tandem rollback --stage " + e.stage.Name + " hands over in the other direction", PointOfNoReturn: true,
	})
}

func (e *expansion) inPause(kind Kind, s Step) {
	s.Deadline = e.stage.PauseBudget
	s.Bound = within(e.stage.PauseBudget, "without an end: no pause budget is given")
	if s.Deadline > 0 {
		s.Bound += ", the pause budget, shared by all steps of the pause"
	}
	e.add(Pause, kind, "", s)
}

// raise says what a fence without the guard does.
func (e *expansion) raise() string {
	f := e.stage.Fence
	var parts []string
	if f.Exec != nil {
		parts = append(parts, "runs "+strings.Join(f.Exec.Command, " "))
	}
	if len(f.Accounts) > 0 {
		parts = append(parts, "locks the accounts "+strings.Join(f.Accounts, ", ")+" and ends their sessions")
	}
	if len(f.Grants) > 0 {
		parts = append(parts, "revokes the right to write the groups from "+strings.Join(f.Grants, ", "))
	}
	if f.ReadOnly {
		parts = append(parts, "sets read_only on the owner's side")
	}
	return strings.Join(parts, "; ")
}

func (e *expansion) takeDown() string {
	f := e.stage.Fence
	var parts []string
	if f.ReadOnly {
		parts = append(parts, "read_only off")
	}
	if len(f.Grants) > 0 {
		parts = append(parts, "the rights granted again")
	}
	if len(f.Accounts) > 0 {
		parts = append(parts, "the accounts unlocked")
	}
	if f.Exec != nil {
		parts = append(parts, strings.Join(f.Exec.Undo, " "))
	}
	return strings.Join(parts, ", ")
}

func (e *expansion) deadline() string {
	if e.stage.Fence.Deadline == 0 {
		return ""
	}
	return "; the daemon does it after " + e.stage.Fence.Deadline.String() + " when the runner is gone"
}
