package plans

import (
	"fmt"
	"strings"
	"time"
)

// stage looks at the terms of one stage.
func (l *linter) stage(i int) {
	s := &l.plan.Stages[i]
	at := func(key string) string { return stagePath(i, key) }
	l.gates(i, s, at)
	l.approval(i, s, at)
	l.timeouts(s, at)
	l.pause(s, at)
	l.fence(s, at)
	l.traffic(s, at)
	l.bake(s, at)
}

func (l *linter) gates(i int, s *Stage, at func(string) string) {
	if l.failed(at("gates")) {
		return
	}
	g := s.Gates
	if g.Empty() {
		l.reportKey(ruleNoGate, at("gates"), fmt.Sprintf("stage %s goes past the point of no return without a gate", s.Name),
			"write gates: {timeout: 30m, lag: {below: 1s, for: 30s}, parity: {within: 10m}, reverse: {canary: true}}")
		return
	}
	if g.Parity == nil {
		l.reportKey(ruleNoParityGate, at("gates"), "nothing asks whether the rows are equal", "add parity: {within: 10m}")
	}
	if g.Timeout == 0 {
		l.reportKey(ruleUnboundedWait, at("gates"), "the gates are waited for without an end", "add timeout: 30m; the stage then ends with exit code 4, and nothing has changed")
		return
	}
	if g.Lag != nil && g.Lag.For > g.Timeout {
		l.hopeless[i] = true
		l.report(ruleGateImpossible, at("gates.lag.for"), fmt.Sprintf("must hold for %s, but the gates have %s", g.Lag.For, g.Timeout), "raise gates.timeout")
	}
	if g.Reverse != nil && g.Reverse.Below > g.Timeout {
		l.hopeless[i] = true
		l.report(ruleGateImpossible, at("gates.reverse.below"), fmt.Sprintf("the canary may take %s, but the gates have %s", g.Reverse.Below, g.Timeout), "raise gates.timeout")
	}
}

// approval finds stages that a person must have looked at. A machine may go on
// alone only where the way back has been proved and the stage before has been
// watched, and never with the last groups that are left.
func (l *linter) approval(i int, s *Stage, at func(string) string) {
	if l.failed(at("approve")) {
		return
	}
	if s.Approve.Needed() {
		if s.Approve.Within == 0 {
			l.report(ruleUnboundedWait, at("approve"), "the approval is waited for without an end", "write approve: {within: 24h}")
		}
		return
	}
	var why string
	switch {
	case s.Gates == nil || s.Gates.Reverse == nil || !s.Gates.Reverse.Canary:
		why = "no canary proves the way back"
	case i > 0 && (l.plan.Stages[i-1].Bake == nil || l.plan.Stages[i-1].Bake.For == 0):
		why = fmt.Sprintf("stage %s before it is not watched by a bake", l.plan.Stages[i-1].Name)
	case i == len(l.plan.Stages)-1:
		why = "it is the last one"
	default:
		return
	}
	l.reportKey(ruleApprovalMissing, at("approve"), fmt.Sprintf("stage %s needs a person's approval: %s", s.Name, why), "write approve: {within: 24h}")
}

// timeouts finds what runs without a bound of its own.
func (l *linter) timeouts(s *Stage, at func(string) string) {
	none := func(path, what string) {
		if !l.failed(path + ".timeout") {
			l.reportKey(ruleNoTimeout, path, what+" has no timeout", "add timeout: 30s")
		}
	}
	each := func(at string, sqls []SQLCheck, execs []Exec, https []HTTP) {
		for i, c := range sqls {
			if c.Timeout == 0 {
				none(fmt.Sprintf("%s.sql[%d]", at, i), "the query")
			}
		}
		for i, c := range execs {
			if c.Timeout == 0 {
				none(fmt.Sprintf("%s.exec[%d]", at, i), "the program")
			}
		}
		for i, c := range https {
			if c.Timeout == 0 {
				none(fmt.Sprintf("%s.http[%d]", at, i), "the request")
			}
		}
	}
	if s.Gates != nil {
		each(at("gates"), s.Gates.SQL, s.Gates.Exec, s.Gates.HTTP)
	}
	if s.Bake != nil && s.Bake.RollbackIf != nil {
		r := s.Bake.RollbackIf
		each(at("bake.rollback_if"), r.SQL, r.Exec, r.HTTP)
	}
	for i, a := range s.Traffic {
		if a.Exec != nil && a.Exec.Timeout == 0 {
			none(fmt.Sprintf("%s[%d].exec", at("traffic"), i), "the program")
		}
		if a.HTTP != nil && a.HTTP.Timeout == 0 {
			none(fmt.Sprintf("%s[%d].http", at("traffic"), i), "the request")
		}
		if a.DNS != nil && a.DNS.Timeout == 0 {
			none(fmt.Sprintf("%s[%d].dns", at("traffic"), i), "the change of the record")
		}
	}
	if s.Fence != nil && s.Fence.Exec != nil && s.Fence.Exec.Timeout == 0 {
		none(at("fence.exec"), "the program")
	}
}

func (l *linter) pause(s *Stage, at func(string) string) {
	if s.PauseBudget == 0 {
		if !l.failed(at("pause_budget")) {
			l.reportKey(rulePauseMissing, at("pause_budget"), fmt.Sprintf("stage %s does not say how long writes may be paused", s.Name),
				"write pause_budget: 3s; a handover that takes longer is undone")
		}
		return
	}
	allowed, parts := s.inPause()
	if allowed >= s.PauseBudget {
		l.report(rulePauseSmall, at("pause_budget"), fmt.Sprintf("writes may be paused for %s, but %s in the pause may take %s", s.PauseBudget, strings.Join(parts, " and "), allowed),
			"raise it, or lower those; the drain and the comparison need time, too")
	}
}

// inPause adds up what the plan itself allows the steps in the pause.
func (s *Stage) inPause() (Duration, []string) {
	f := s.Fence
	if f == nil {
		return 0, nil
	}
	var sum Duration
	var parts []string
	if f.Wait > 0 && f.Guarded() {
		sum, parts = sum+f.Wait, append(parts, "fence.wait")
	}
	if f.Exec != nil && !f.Guarded() {
		sum, parts = sum+f.Exec.Timeout, append(parts, "fence.exec")
	}
	return sum, parts
}

func (l *linter) traffic(s *Stage, at func(string) string) {
	var sum Duration
	for i, a := range s.Traffic {
		path := fmt.Sprintf("%s[%d]", at("traffic"), i)
		var text string
		switch {
		case a.Exec != nil:
			sum += a.Exec.Timeout
			text = strings.Join(a.Exec.Command, " ")
		case a.HTTP != nil:
			sum += a.HTTP.Timeout
			text = a.HTTP.URL + a.HTTP.Body
		default:
			continue
		}
		if !strings.Contains(text, SideVariable) {
			l.report(ruleTrafficOneWay, path, "does not say "+SideVariable+", so a rollback would send traffic the same way again",
				"put "+SideVariable+" where the action must know the side: it is source or target")
		}
	}
	if s.PauseBudget > 0 && sum > s.PauseBudget && sum > Duration(time.Minute) {
		l.reportKey(ruleTrafficSlow, at("traffic"), fmt.Sprintf("the actions may take %s together; until they are done, writers that still go to the old side are refused", sum), "")
	}
}

func (l *linter) bake(s *Stage, at func(string) string) {
	b := s.Bake
	if b == nil || l.failed(at("bake")) {
		return
	}
	switch {
	case b.For == 0 && !l.failed(at("bake.for")):
		l.reportKey(ruleBakeMissing, at("bake"), "there is no time in which the conditions would be watched", "add for: 30m")
	case b.RollbackIf.Empty() && !l.failed(at("bake.rollback_if")):
		l.reportKey(ruleBakeBlind, at("bake"), "nothing is watched during the bake", "add rollback_if: {lag: {above: 30s}, parity: mismatch}")
	}
	if b.RollbackIf == nil || b.RollbackIf.Lag == nil || s.Gates == nil || s.Gates.Lag == nil {
		return
	}
	if above, below := b.RollbackIf.Lag.Above, s.Gates.Lag.Below; above > 0 && above < below {
		l.report(ruleBakeContradicted, at("bake.rollback_if.lag.above"), fmt.Sprintf("rolls back at a lag of %s, but the gate lets pass up to %s", above, below), "raise it above gates.lag.below")
	}
}
