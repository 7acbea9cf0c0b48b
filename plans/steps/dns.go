package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"tandem/internal/cloud"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// dns makes a resource record lead to the new owner. The record as it was goes to
// the journal before anything is asked for; the way back looks there, and puts
// that very record back. A record that is neither is somebody else's work, and
// left alone.
type dns struct {
	id   string
	spec *plans.DNS

	was, now cloud.Record
	already  bool
	sync     string // what is known of the provider's servers
}

func newDNS(s plans.Step) runner.Action { return &dns{id: s.ID, spec: s.Spec.(*plans.DNS)} }

// changed is what a step notes about a change.
type changed struct {
	to            string
	before, after cloud.Record
	change        string // the provider's id, once it has answered
}

// Apply implements [runner.Action].
func (d *dns) Apply(ctx context.Context, r *runner.Run) error { return d.lead(ctx, r, r.To()) }

// Undo implements [runner.Action].
func (d *dns) Undo(ctx context.Context, r *runner.Run) error { return d.lead(ctx, r, r.From()) }

func (d *dns) lead(ctx context.Context, r *runner.Run, to ownership.Side) error {
	client, err := dnsOf(ctx, r, d.spec)
	if err != nil {
		return err
	}
	at := recordOf(d.spec)
	var found cloud.Record
	err = settled(ctx, r, "look up "+d.spec.Record, func() (err error) {
		found, err = client.Lookup(ctx, at)
		return err
	})
	if err != nil {
		return fmt.Errorf("look up %s (%s): %w", d.spec.Record, d.spec.Where(), err)
	}
	past := noted(r, d.id)
	from, want := d.plan(found, past, to)
	d.was, d.now = found, want
	if same(found, want) && found.TTL == want.TTL {
		d.already = true
		return d.wait(ctx, r, client, changeOf(past, to, want))
	}
	if !same(found, from) {
		return &cloudError{fmt.Errorf("%s holds %s, and neither %s, as before, nor %s: %w", d.spec.Record, showRecord(found), showRecord(from), showRecord(want), cloud.ErrStale),
			"look who has changed it; let it hold one of the two (tandem can be told nothing else), then tandem plan resume"}
	}
	note := journal.Data{"dns": "changes", "to": string(to), "before": encodeRecord(found), "after": encodeRecord(want)}
	if err := r.Note(ctx, note); err != nil {
		return err
	}
	r.Hook("dns noted")
	change := ""
	err = settled(ctx, r, "change "+d.spec.Record, func() error {
		id, err := client.Change(ctx, found, want)
		if err == nil {
			change = id
			return nil
		}
		if final(err) {
			return err
		}
		// Whether it was changed only the record tells.
		now, read := client.Lookup(ctx, at)
		if read == nil && same(now, want) && now.TTL == want.TTL {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("change %s (%s): %w", d.spec.Record, d.spec.Where(), err)
	}
	r.Hook("dns asked")
	if change != "" {
		note["dns"], note["change"] = "asked", change
		if err := r.Note(ctx, note); err != nil {
			return err
		}
	}
	return d.wait(ctx, r, client, change)
}

// plan says what the record must hold now, and what it is to hold.
func (d *dns) plan(found cloud.Record, past []changed, to ownership.Side) (from, want cloud.Record) {
	make := func(side ownership.Side) cloud.Record {
		v := d.spec.Source
		if side == ownership.Target {
			v = d.spec.Target
		}
		out := found
		out.Values, out.Weight = likeThose(v.Values, found.Values), int64(v.Weight)
		return out
	}
	from, want = make(to.Opposite()), make(to)
	// The last change away from this side knows how the record was.
	for _, c := range slices.Backward(past) {
		if c.to == string(to.Opposite()) && same(c.after, from) && same(c.before, want) {
			return c.after, c.before
		}
	}
	return from, want
}

// wait waits until every server of the provider answers with the change, and then
// until the resolver does. Where the answer to the change was lost there is no id
// to ask about.
func (d *dns) wait(ctx context.Context, r *runner.Run, client cloud.DNS, change string) error {
	d.sync = "its servers were not asked, as the answer to the change was lost"
	switch {
	case change != "":
		r.Say("waits until every server of the zone answers with the change")
		err := settled(ctx, r, "wait for the change", func() error { return client.Wait(ctx, d.now, change) })
		if err != nil {
			return fmt.Errorf("wait for the change of %s (%s): %w", d.spec.Record, change, err)
		}
		d.sync = "every server of the zone answers with it"
	case d.already:
		d.sync = "it was so already"
	}
	return d.resolved(ctx, r)
}

// resolved waits until the plan's resolver answers with the change.
func (d *dns) resolved(ctx context.Context, r *runner.Run) error {
	addr := d.spec.ResolverAddr()
	if addr == "" {
		return nil
	}
	last := ""
	for {
		got, err := resolve(ctx, addr, d.spec.Record, d.spec.RecordType())
		if err == nil && sameValues(got.Values, d.now.Values) {
			d.sync += ", and " + d.spec.Resolver + " does"
			return nil
		}
		if last = fmt.Sprintf("it answers %s, for %s", strings.Join(got.Values, ", "), got.TTL); err != nil {
			last = err.Error()
		}
		r.Say(fmt.Sprintf("waits for resolver %s: %s", d.spec.Resolver, last))
		select {
		case <-ctx.Done():
			return fmt.Errorf("resolver %s does not answer with the change of %s: %s: %w", d.spec.Resolver, d.spec.Record, last, context.Cause(ctx))
		case <-time.After(min(time.Second, max(100*time.Millisecond, got.TTL))):
		}
	}
}

// Confirm implements [runner.Action]. It reads the record back.
func (d *dns) Confirm(ctx context.Context, r *runner.Run) (journal.Data, error) {
	client, err := dnsOf(ctx, r, d.spec)
	if err != nil {
		return nil, err
	}
	var now cloud.Record
	err = settled(ctx, r, "look up "+d.spec.Record, func() (err error) {
		now, err = client.Lookup(ctx, recordOf(d.spec))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up %s (%s): %w", d.spec.Record, d.spec.Where(), err)
	}
	if !same(now, d.now) {
		return nil, fmt.Errorf("%s holds %s, not %s: %w", d.spec.Record, showRecord(now), showRecord(d.now), cloud.ErrStale)
	}
	return journal.Data{"side": string(r.To()), "before": encodeRecord(d.was), "after": encodeRecord(now),
		"says": fmt.Sprintf("%s holds %s; %s", d.spec.Record, showRecord(now), d.sync)}, nil
}

// dnsOf returns the client of the provider that keeps the record.
func dnsOf(ctx context.Context, r *runner.Run, d *plans.DNS) (cloud.DNS, error) {
	if r.Clouds == nil {
		return nil, errors.New("no cloud can be asked here")
	}
	if d.CloudDNS != nil {
		return r.Clouds.DNS(ctx, runner.CloudDNS)
	}
	return r.Clouds.DNS(ctx, runner.Route53)
}

func recordOf(d *plans.DNS) cloud.Record {
	r := cloud.Record{Name: d.Record, Type: d.RecordType(), SetID: d.SetID}
	if d.CloudDNS != nil {
		r.Project, r.Zone = d.CloudDNS.Project, d.CloudDNS.Zone
	} else if d.Route53 != nil {
		r.Zone = d.Route53.Zone
	}
	return r
}

// noted are the changes that this step has noted, the oldest first.
func noted(r *runner.Run, id string) []changed {
	var list []changed
	for _, data := range r.Noted(id) {
		c := changed{}
		c.to, _ = data["to"].(string)
		c.change, _ = data["change"].(string)
		before, _ := data["before"].(string)
		after, _ := data["after"].(string)
		if json.Unmarshal([]byte(before), &c.before) == nil && json.Unmarshal([]byte(after), &c.after) == nil {
			list = append(list, c)
		}
	}
	return list
}

// changeOf is the id of the change that has made the record so; empty where it is
// not known.
func changeOf(past []changed, to ownership.Side, now cloud.Record) string {
	if len(past) == 0 {
		return ""
	}
	if c := past[len(past)-1]; c.to == string(to) && same(c.after, now) {
		return c.change
	}
	return ""
}

func encodeRecord(r cloud.Record) string {
	data, _ := json.Marshal(r) // it always marshals
	return string(data)
}

func showRecord(r cloud.Record) string {
	text := strings.Join(r.Values, ", ")
	if r.SetID != "" {
		text += fmt.Sprintf(" with weight %d", r.Weight)
	}
	return fmt.Sprintf("%s (TTL %s)", text, r.TTL)
}

// same tells whether two records answer alike, however names are written.
func same(a, b cloud.Record) bool {
	return a.SetID == b.SetID && a.Weight == b.Weight && sameValues(a.Values, b.Values)
}

func sameValues(a, b []string) bool {
	return slices.Equal(plainNames(a), plainNames(b))
}

func plainNames(list []string) []string {
	var out []string
	for _, v := range list {
		if ip := net.ParseIP(v); ip != nil {
			v = ip.String()
		}
		out = append(out, strings.ToLower(strings.TrimSuffix(v, ".")))
	}
	slices.Sort(out)
	return out
}

// likeThose writes names as the record's other values are: with a dot at their
// end, or without.
func likeThose(values, found []string) []string {
	dotted := len(found) > 0 && strings.HasSuffix(found[0], ".")
	out := slices.Clone(values)
	for i, v := range out {
		if dotted && net.ParseIP(v) == nil && !strings.HasSuffix(v, ".") {
			out[i] = v + "."
		}
	}
	return out
}
