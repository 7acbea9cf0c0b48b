// Package runner runs the steps of plans, and writes down what it does.
//
// A stage is handed over like this:
//
//	before        approve, arm ──▶ gates, all asked at once ──▶ all hold
//	                 │                 │                            │
//	                 ╰── fails, aborted: undone                     ▼
//	pause         fence ─▶ marker ─▶ drain ─▶ compare ─▶ prepare ─▶ COMMIT
//	                 │  fails, or the budget is spent: the fence is      │
//	                 ╰─ let go of first, writers go on, the rest undone  │
//	                                                                     ▼
//	after         carry ─▶ close ─▶ traffic ─▶ canary ─▶ bake ─▶ done
//	                 ╰── fails: resume goes on; the bake may roll back
//
// The commit is one transaction on the owner's side, and three things are in it:
// the owner's row, the runner's lease, and the journal of the pause. So a runner
// that lost its lease can not commit, and the journal there tells of the pause if
// and only if it has happened.
//
// # What is true
//
// Who owns a group is read from the ownership rows, by whoever comes (Stand): the
// journal says what was tried. A commit may be on its way from a runner that is
// gone, so the rows are read under a lock. If the answer to the commit is lost,
// the rows are read until they tell; while nobody can read them the outcome is
// ambiguous, and nothing is tried again.
//
// # Who is at work
//
// One runner at a time holds the [Lease]. Everybody else asks it: approvals and
// requests to stop are rows ([Request]), for the journal has one writer.
//
// # What is left when a runner dies
//
// Before the commit: guards, which hurt nobody, and fences of other kinds, which
// have deadlines. Behind it: a stage that is handed over and not finished. Any
// machine goes on (Runner.Resume), gives up (Runner.Abort) or brings it back
// (Runner.Rollback), from any copy of the journal: the plan is in it.
package runner
