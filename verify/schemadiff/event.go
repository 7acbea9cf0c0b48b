package schemadiff

// compareStatus compares whether an event runs. On one side at a time it
// should: on the source until the handover, on the target after it, where the
// pair is turned.
func (p *pair) compareStatus(a, b *object, f Finding) {
	// An altered event is its last alterer's, in that session's ways.
	disable := append(p.session(b), "ALTER DEFINER="+quoteAccount(b.definer)+" EVENT "+b.name.Quoted()+" DISABLE")
	enabled := func(o *object) bool { return o.status == "ENABLED" }
	switch {
	case enabled(a) && enabled(b):
		f.ID, f.Severity, f.Fix = "event-both", Mismatch, disable
		f.What = "the event is enabled on both sides: what it does is done twice"
		f.Source, f.Target = a.status, b.status
		if !p.source.facts.EventScheduler || !p.target.facts.EventScheduler {
			f.Severity, f.What = Warn, "the event is enabled on both sides, and one event scheduler is all that is off"
		}
	case enabled(a):
		f.ID, f.Severity, f.What = "event-handover", Info, "the event is to be enabled at the handover"
		f.Source, f.Target = a.status, b.status
	case enabled(b):
		f.ID, f.Severity, f.Fix = "event-status", Mismatch, disable
		f.What = "the event is enabled on the " + p.target.name + " only"
		f.Source, f.Target = a.status, b.status
	default:
		return
	}
	p.add(f)
}

// statusWord is the status as CREATE EVENT takes it.
func (o *object) statusWord() string {
	if o.status == "ENABLED" {
		return "ENABLE"
	}
	return "DISABLE"
}
