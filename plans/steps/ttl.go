package steps

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// ttl asks, before the handover, that a record can be changed afterwards and that
// clients will notice soon: it leads to the owner's side, and nobody keeps it for
// longer than the plan says.
//
// Resolvers go on with what they have been told, so a TTL that was lowered counts
// only once the old one has passed. When that was is known if a gate has seen the
// old one, in this run or an earlier one, or if the plan names a resolver, which
// says how long it still keeps what it has.
type ttl struct {
	spec *plans.DNS

	asked time.Time
	last  runner.Reading
	err   error

	old   time.Duration // the last TTL that was too long
	seen  time.Time     // when it was seen last
	noted bool
}

func newTTL(s plans.Step) runner.Gate { return &ttl{spec: s.Spec.(*plans.DNS)} }

// ttlEvery bounds how often the provider is asked.
const ttlEvery = 5 * time.Second

// Check implements [runner.Gate].
func (t *ttl) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	if r.To() == ownership.Source {
		return runner.Reading{Holds: true, Says: "not asked on the way back: nothing may hold that up"}, nil
	}
	if !t.asked.IsZero() && r.Now().Sub(t.asked) < ttlEvery {
		return t.last, t.err
	}
	t.last, t.err = t.ask(ctx, r)
	t.asked = r.Now()
	return t.last, t.err
}

func (t *ttl) ask(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	client, err := dnsOf(ctx, r, t.spec)
	if err != nil {
		return runner.Reading{}, err
	}
	found, err := client.Lookup(ctx, recordOf(t.spec))
	if err != nil {
		return runner.Reading{}, fmt.Errorf("look up %s (%s): %w", t.spec.Record, t.spec.Where(), err)
	}
	limit := time.Duration(t.spec.TTL)
	reading := runner.Reading{Data: journal.Data{"record": showRecord(found), "ttl": found.TTL}}
	owner, _ := (&dns{spec: t.spec}).plan(found, nil, r.To())
	if !same(found, owner) {
		reading.Says = fmt.Sprintf("%s holds %s, but the %s owns the groups, and the plan says %s for it", t.spec.Record, showRecord(found), r.From(), showRecord(owner))
		return reading, nil
	}
	if found.TTL > limit {
		reading.Says = fmt.Sprintf("resolvers keep %s for %s, the plan says %s at most: lower its TTL now, the handover waits until the old one has passed", t.spec.Record, found.TTL, limit)
		t.old, t.seen = found.TTL, r.Now()
		return reading, t.note(ctx, r)
	}
	t.remember(r)
	if left := t.seen.Add(t.old).Sub(r.Now()); left > 0 {
		reading.Says = fmt.Sprintf("resolvers may keep %s for %s more: its TTL was %s when it was seen last", t.spec.Record, left.Round(time.Second), t.old)
		return reading, nil
	}
	known := fmt.Sprintf("its TTL was lower than %s whenever it was looked at", limit)
	if addr := t.spec.ResolverAddr(); addr != "" {
		got, err := resolve(ctx, addr, t.spec.Record, t.spec.RecordType())
		if err != nil {
			return reading, err
		}
		if got.TTL > limit {
			reading.Says = fmt.Sprintf("resolver %s keeps %s for %s more, the plan says %s at most", t.spec.Resolver, t.spec.Record, got.TTL, limit)
			return reading, nil
		}
		known = fmt.Sprintf("resolver %s keeps it for %s more", t.spec.Resolver, got.TTL)
	}
	reading.Holds, reading.Says = true, fmt.Sprintf("%s holds %s; %s", t.spec.Record, showRecord(found), known)
	return reading, nil
}

// note writes down that the TTL was too long, for runs to come.
func (t *ttl) note(ctx context.Context, r *runner.Run) error {
	if t.noted {
		return nil
	}
	t.noted = true
	return r.Note(ctx, journal.Data{"dns": "ttl", "record": t.key(), "was": t.old.String(), "seen": t.seen.UTC().Format(time.RFC3339)})
}

// remember looks for what an earlier run has seen.
func (t *ttl) remember(r *runner.Run) {
	if t.old > 0 {
		return
	}
	for _, data := range r.Noted(r.Stage + "/gates") {
		if data["dns"] != "ttl" || data["record"] != t.key() {
			continue
		}
		was, _ := data["was"].(string)
		seen, _ := data["seen"].(string)
		old, err := time.ParseDuration(was)
		at, bad := time.Parse(time.RFC3339, seen)
		if err == nil && bad == nil && at.Add(old).After(t.seen.Add(t.old)) {
			t.old, t.seen = old, at
		}
	}
}

func (t *ttl) key() string {
	at := recordOf(t.spec)
	return cloudKey(at)
}

func cloudKey(r cloud.Record) string {
	return fmt.Sprintf("%s %s %s %s", r.Zone, plainNames([]string{r.Name})[0], r.Type, r.SetID)
}
