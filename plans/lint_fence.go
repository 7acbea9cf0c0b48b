package plans

import "fmt"

func (l *linter) fence(s *Stage, at func(string) string) {
	f := s.Fence
	if f == nil || l.failed(at("fence")) {
		return
	}
	if f.Exec != nil && len(f.Exec.Undo) == 0 && !l.failed(at("fence.exec.undo")) {
		l.reportKey(ruleFenceNoUndo, at("fence.exec"), "nothing lets writes on again when the handover is undone", "add undo: [./open-writes]")
	}
	if f.Guarded() {
		// Other kinds come after the handover then, on the side that has given
		// the groups away: they bind nobody who may write.
		return
	}
	if !f.Others() {
		l.report(ruleFenceNothing, at("fence"), "the guard is off and there is no other fence", "write guard: true, or accounts:, grants:, read_only: or exec:")
		return
	}
	switch {
	case f.Deadline == 0 && !l.failed(at("fence.deadline")):
		l.reportKey(ruleFenceUnbounded, at("fence"), "without the guard the fence stays up when the runner is gone, unless it has a deadline",
			"add deadline: 1m, after which the daemon lifts it")
	case f.Deadline > 0 && f.Deadline < s.PauseBudget:
		l.short(s, at)
	}
	if f.ProveAs == nil && !l.failed(at("fence.prove_as")) {
		l.reportKey(ruleFenceUnproved, at("fence"), "without the guard the fence is proved by a write as the application's user, and none is named",
			"add prove_as: {user: app, password_env: APP_PASSWORD}")
	}
}

func (l *linter) short(s *Stage, at func(string) string) {
	l.report(ruleFenceShort, at("fence.deadline"), fmt.Sprintf("lifts the fence after %s, but the handover may take %s", s.Fence.Deadline, s.PauseBudget),
		"raise it above pause_budget")
}
