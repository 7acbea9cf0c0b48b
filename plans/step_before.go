package plans

import (
	"fmt"
	"strings"
)

const nothingToUndo = "nothing to undo: nothing was changed"

// before expands what comes while applications write as always. The gates are
// last, so that what they have seen is true when the fence goes up.
func (e *expansion) before() {
	s := e.stage
	if s.Approve.Needed() {
		e.add(Before, KindApprove, "", Step{
			Title: "wait for a person", Spec: s.Approve,
			Checks:  "an approval of this stage, given for this very digest",
			Confirm: "the approval is in the journal, with who gave it",
			Undo:    nothingToUndo, Deadline: s.Approve.Within, Bound: within(s.Approve.Within, "until tandem plan approve or abort"),
		})
	}
	e.snapshots()
	if s.Fence.Guarded() {
		e.add(Before, KindArm, "", Step{
			Title:   "arm the guards on both sides",
			Does:    "creates the guard triggers on the groups' tables where they are missing, with short lock waits and retries",
			Confirm: "the triggers are read back from both sides",
			Undo:    "drops the triggers that this step created", Deadline: s.gatesTimeout(), Bound: e.gatesBound(),
		})
	}
	e.gate(KindLinks, "", nil, "both links run",
		"forward and reverse link apply, no conflict and no breach is open, one runner holds the lease")
	e.gate(KindQuiet, "", nil, "nothing else is changing the tables",
		"no DDL is in flight on the groups' tables, and no copy of them is unfinished")
	if g := s.Gates; g != nil {
		e.gates(g)
	}
	for i, a := range s.Traffic {
		if d := a.DNS; d != nil {
			e.gate(KindTTL, nameOr(d.Name, i), d, "the record is ready to be changed",
				fmt.Sprintf("%s (%s) leads to the side that owns the groups, resolvers keep it for %s at most, and have known that for long enough", d.describe(), d.Where(), d.TTL))
		}
	}
	e.longTransactions()
}

func (e *expansion) gates(g *Gates) {
	if l := g.Lag; l != nil {
		checks := "the link to the other side is less than " + l.Below.String() + " behind"
		if l.For > 0 {
			checks += ", for " + l.For.String() + " without a break"
		}
		e.gate(KindLag, "", l, "the link is close behind", checks)
	}
	if p := g.Parity; p != nil {
		e.gate(KindParity, "", p, "the rows are equal",
			"every table of the groups was proved equal within the last "+p.Within.String()+", nothing skipped, nothing unresolved")
	}
	if r := g.Reverse; r != nil {
		checks := "a canary row goes to the other side and comes back through the reverse link"
		if r.Below > 0 {
			checks += " in less than " + r.Below.String()
		}
		e.gate(KindReverse, "", r, "the way back works", checks)
	}
	if r := g.Retention; r != nil {
		e.gate(KindRetention, "", r, "the binlogs are kept",
			"both sides keep the binlogs that the links still need for more than "+r.Above.String())
	}
	for i := range g.SQL {
		c := &g.SQL[i]
		e.gate(KindSQL, nameOr(c.Name, i), c, "ask the "+string(c.Side), fmt.Sprintf("%s answers %s%s", oneLine(c.Query), c.Expect, each(c.Timeout)))
	}
	for i := range g.Exec {
		c := &g.Exec[i]
		e.gate(KindExec, nameOr(c.Name, i), c, "run a program", fmt.Sprintf("%s ends with 0%s", strings.Join(c.Command, " "), each(c.Timeout)))
	}
	for i := range g.HTTP {
		c := &g.HTTP[i]
		e.gate(KindHTTP, nameOr(c.Name, i), c, "send a request", c.describe()+each(c.Timeout))
	}
}

func (e *expansion) gate(kind Kind, name string, spec any, title, checks string) {
	e.add(Before, kind, name, Step{
		Title: "gate: " + title, Spec: spec, Checks: checks,
		Confirm: "what was measured is in the journal; all gates hold at the same time",
		Undo:    nothingToUndo, Deadline: e.stage.gatesTimeout(), Bound: e.gatesBound(),
	})
}

func (e *expansion) longTransactions() {
	l := e.stage.LongTransactions
	s := Step{
		Title: "let long transactions end", Spec: l,
		Checks:  "no transaction that would hold up the fence is open on the owner's side",
		Does:    "waits for those that are open, and names them",
		Confirm: "the owner's list of transactions has none of them left",
		Undo:    nothingToUndo, Deadline: e.stage.gatesTimeout(), Bound: e.gatesBound(),
	}
	if l != nil {
		s.Checks = "no transaction older than " + l.After.String() + " is open on the owner's side"
		if l.Then == ThenKill {
			s.Does = "kills those that are, and names them"
			s.Undo = "can not be undone: a transaction that was killed has been rolled back, its application has seen an error"
		}
	}
	e.add(Before, KindLong, "", s)
}

func (s *Stage) gatesTimeout() Duration {
	if s.Gates == nil {
		return 0
	}
	return s.Gates.Timeout
}

func (e *expansion) gatesBound() string {
	return within(e.stage.gatesTimeout(), "until tandem plan abort")
}

// within says how long something may take, or what else ends it.
func within(d Duration, otherwise string) string {
	if d == 0 {
		return "none: waits " + otherwise
	}
	return d.String()
}

// each says what bounds one try of a check.
func each(timeout Duration) string {
	if timeout == 0 {
		return ""
	}
	return " (" + timeout.String() + " a try)"
}

func nameOr(name string, i int) string {
	if name != "" {
		return name
	}
	return fmt.Sprint(i + 1)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (h *HTTP) describe() string {
	method, status := h.Method, h.Status
	if method == "" {
		method = "GET"
	}
	if status == 0 {
		status = 200
	}
	text := fmt.Sprintf("%s %s answers %d", method, h.URL, status)
	if h.Contains != "" {
		text += fmt.Sprintf(" with %q in it", h.Contains)
	}
	return text
}
