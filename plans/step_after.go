package plans

import (
	"fmt"
	"strings"
)

// after expands what comes behind the point of no return. Nothing here takes
// the handover back by itself but the bake.
func (e *expansion) after() {
	s := e.stage
	rollback := "tandem rollback --stage " + s.Name
	e.add(After, KindCarry, "", Step{
		Title:   "the new owner learns of it",
		Does:    "nothing by itself: the forward link carries the owner's row, behind every change that came before it",
		Checks:  "the new owner's row names it, its guard lets writes through, and the opposite link applies the groups from that point on",
		Confirm: "the row is read from the new owner",
		Undo:    rollback, Bound: "none: nobody has to be alive for it but the daemon, whenever it comes back",
	})
	if f := s.Fence; f.Guarded() && f.Others() {
		e.add(After, KindClose, "", Step{
			Title: "close the old side", Spec: f, Does: e.raise(),
			Confirm: "each kind is read back from the old side",
			Undo:    rollback + " opens it again first: " + e.takeDown(), Deadline: f.closeTime(), Bound: f.closeTime().String(),
		})
	}
	for i := range s.Traffic {
		e.traffic(i, rollback)
	}
	canary := Step{
		Title: "canary through the way back", Checks: "a row written on the new owner arrives at the old one through the reverse link",
		Confirm: "the row is read from the old side", Undo: rollback, Bound: "none: waits until tandem plan abort",
	}
	if d := s.gatesTimeout(); d > 0 {
		canary.Deadline, canary.Bound = d, d.String()+"; it is reported then, and the bake's conditions decide"
	}
	e.add(After, KindCanary, "", canary)
	if s.Bake != nil {
		e.bake(rollback)
	}
}

// closeTime is what locking accounts and ending sessions may take, and what a
// cloud may take that sets read_only.
func (f *Fence) closeTime() Duration {
	if f.ReadOnly {
		return Duration(10 * 60e9)
	}
	return Duration(60e9)
}

func (e *expansion) traffic(i int, rollback string) {
	a := &e.stage.Traffic[i]
	step := Step{Title: "switch traffic", Undo: rollback + " does the same with the other side"}
	name := fmt.Sprint(i + 1)
	switch {
	case a.Exec != nil:
		if a.Exec.Name != "" {
			name = a.Exec.Name
		}
		step.Spec, step.Does = a.Exec, "runs "+strings.Join(a.Exec.Command, " ")
		step.Confirm = "the program ends with 0"
		step.Deadline, step.Bound = a.Exec.Timeout, within(a.Exec.Timeout, "until the program ends")
	case a.HTTP != nil:
		if a.HTTP.Name != "" {
			name = a.HTTP.Name
		}
		step.Spec, step.Does = a.HTTP, "sends a request"
		step.Confirm = a.HTTP.describe()
		step.Deadline, step.Bound = a.HTTP.Timeout, within(a.HTTP.Timeout, "until there is an answer")
	case a.DNS != nil:
		e.dns(a.DNS, i)
		return
	}
	e.add(After, KindTraffic, name, step)
}

// dns expands the change of a record.
func (e *expansion) dns(d *DNS, i int) {
	weighted := d.SetID != ""
	confirm := "the provider says that all of its servers answer with it"
	if d.Resolver != "" {
		confirm += ", and " + d.Resolver + " does"
	}
	e.add(After, KindDNS, nameOr(d.Name, i), Step{
		Title: "change the record", Spec: d,
		Checks:   "the record is as before: one that somebody else has changed is left alone",
		Does:     fmt.Sprintf("makes %s lead to %s (%s); the record as it was is in the journal first", d.describe(), d.Target.describe(weighted), d.Where()),
		Confirm:  confirm,
		Undo:     "tandem rollback --stage " + e.stage.Name + " puts the very record back",
		Deadline: d.Timeout, Bound: within(d.Timeout, "until the provider says so"),
	})
}

func (e *expansion) bake(rollback string) {
	b := e.stage.Bake
	does := "watches, and does nothing else"
	if conditions := b.RollbackIf.describe(); len(conditions) > 0 {
		does = "rolls back as soon as " + strings.Join(conditions, ", or ")
	}
	e.add(After, KindBake, "", Step{
		Title: "bake", Spec: b, Does: does,
		Confirm:  "the time is over and no condition was met; each look is in the journal",
		Undo:     rollback,
		Deadline: b.For, Bound: within(b.For, "without an end: no time is given"),
	})
}

// describe says each condition in words.
func (r *RollbackIf) describe() []string {
	if r == nil {
		return nil
	}
	var list []string
	if r.Lag != nil {
		list = append(list, "the way back is more than "+r.Lag.Above.String()+" behind")
	}
	if r.Parity == ParityMismatch {
		list = append(list, "a row is known to differ")
	}
	if r.Breach {
		list = append(list, "somebody writes on the old side")
	}
	for _, c := range r.SQL {
		list = append(list, fmt.Sprintf("%s on the %s does not answer %s", oneLine(c.Query), c.Side, c.Expect))
	}
	for _, c := range r.Exec {
		list = append(list, strings.Join(c.Command, " ")+" does not end with 0")
	}
	for _, c := range r.HTTP {
		list = append(list, "not true: "+c.describe())
	}
	return list
}
