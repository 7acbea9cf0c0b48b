package gcp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/api/dns/v1"

	"tandem/internal/cloud"
)

// DNS changes records of Cloud DNS. A record's Zone is the managed zone's name, and
// Project is where that is.
func (c *Client) DNS() cloud.DNS { return records{c} }

type records struct{ client *Client }

func (d records) service() (*dns.Service, error) {
	return serviceOf(d.client, &d.client.dns, "/", dns.NewService)
}

// about says what is asked of a record.
func about(what string, r cloud.Record, permission string, again bool) request {
	return request{
		what:       fmt.Sprintf("%s record %s %s of zone %s/%s", what, dot(r.Name), r.Type, r.Project, r.Zone),
		permission: permission, grant: projectGrant(r.Project, roleDNS), again: again,
	}
}

// dot ends a name as Cloud DNS does.
func dot(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) + "." }

// plain is a record in the one form in which two can be compared: names without
// the last dot, which a person may write or not.
func plain(r cloud.Record) cloud.Record {
	r.Name = strings.TrimSuffix(strings.ToLower(r.Name), ".")
	values := make([]string, 0, len(r.Values))
	for _, v := range r.Values {
		if names(r.Type) {
			v = strings.TrimSuffix(strings.ToLower(v), ".")
		}
		values = append(values, v)
	}
	r.Values = values
	return r
}

// names tells that a type's values are names.
func names(kind string) bool { return kind == "CNAME" || kind == "NS" || kind == "PTR" }

// Lookup returns the record as it is.
func (d records) Lookup(ctx context.Context, r cloud.Record) (cloud.Record, error) {
	set, err := d.find(ctx, r)
	if err != nil {
		return r, err
	}
	if set.RoutingPolicy != nil {
		return r, fmt.Errorf("%s: it has a routing policy, which tandem does not change", about("look up", r, "", true).what)
	}
	r.TTL, r.Values, r.SetID, r.Weight = time.Duration(set.Ttl)*time.Second, set.Rrdatas, "", 0
	return r, nil
}

func (d records) find(ctx context.Context, r cloud.Record) (*dns.ResourceRecordSet, error) {
	s, err := d.service()
	if err != nil {
		return nil, err
	}
	q := about("look up", r, "dns.resourceRecordSets.list", true)
	list, err := ask(ctx, d.client, q, func(ctx context.Context) (*dns.ResourceRecordSetsListResponse, error) {
		return s.ResourceRecordSets.List(r.Project, r.Zone).Name(dot(r.Name)).Type(r.Type).Context(ctx).Do()
	})
	if err != nil {
		return nil, err
	}
	for _, set := range list.Rrsets {
		if set.Name == dot(r.Name) && set.Type == r.Type {
			return set, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", q.what, cloud.ErrNotFound)
}

// Change replaces the record in one piece, if it still is as before. A record
// without values stands for none. The change names the very record that was found,
// so that one made in between is refused by the cloud.
func (d records) Change(ctx context.Context, before, after cloud.Record) (string, error) {
	s, err := d.service()
	if err != nil {
		return "", err
	}
	var unsure error
	for range attempts {
		set, err := d.find(ctx, before)
		if err != nil && !errors.Is(err, cloud.ErrNotFound) {
			return "", err
		}
		now := before
		now.Values = nil
		if set != nil {
			now.Values, now.TTL = set.Rrdatas, time.Duration(set.Ttl)*time.Second
		}
		if unsure != nil && plain(now).Same(plain(after)) {
			return d.made(ctx, after, unsure)
		}
		if !plain(now).Same(plain(before)) {
			return "", fmt.Errorf("%s: %w: it holds %s, not %s", about("change", before, "", false).what, cloud.ErrStale, hold(now), hold(before))
		}
		change := &dns.Change{}
		if set != nil {
			change.Deletions = []*dns.ResourceRecordSet{set}
		}
		if len(after.Values) > 0 {
			change.Additions = []*dns.ResourceRecordSet{setOf(after, now.TTL)}
		}
		q := about("change", before, "dns.changes.create", false)
		made, err := ask(ctx, d.client, q, func(ctx context.Context) (*dns.Change, error) {
			return s.Changes.Create(before.Project, before.Zone, change).Context(ctx).Do()
		})
		switch {
		case err == nil:
			return made.Id, nil
		case errors.Is(err, cloud.ErrExists):
			return "", fmt.Errorf("%w: %w", cloud.ErrStale, err)
		case !lost(err) || ctx.Err() != nil:
			return "", err
		}
		unsure = err // the next look tells
		if err := d.client.options.Wait(ctx, firstWait); err != nil {
			return "", unsure
		}
	}
	return "", unsure
}

func hold(r cloud.Record) string {
	if len(r.Values) == 0 {
		return "nothing"
	}
	return strings.Join(r.Values, ", ")
}

// setOf is a record as Cloud DNS takes it.
func setOf(r cloud.Record, ttl time.Duration) *dns.ResourceRecordSet {
	if r.TTL > 0 {
		ttl = r.TTL
	}
	set := &dns.ResourceRecordSet{Name: dot(r.Name), Type: r.Type, Ttl: int64(ttl / time.Second), ForceSendFields: []string{"Ttl"}}
	for _, v := range r.Values {
		if names(r.Type) {
			v = dot(v)
		}
		set.Rrdatas = append(set.Rrdatas, v)
	}
	return set
}

// made finds the change whose answer was lost.
func (d records) made(ctx context.Context, after cloud.Record, unsure error) (string, error) {
	s, err := d.service()
	if err != nil {
		return "", err
	}
	q := about("find the change of", after, "dns.changes.list", true)
	list, err := ask(ctx, d.client, q, func(ctx context.Context) (*dns.ChangesListResponse, error) {
		return s.Changes.List(after.Project, after.Zone).SortBy("changeSequence").SortOrder("descending").MaxResults(100).Context(ctx).Do()
	})
	if err != nil {
		return "", fmt.Errorf("%w (the record holds the change; its answer was lost: %w)", err, unsure)
	}
	for _, c := range list.Changes {
		sets := c.Additions
		if len(after.Values) == 0 {
			sets = c.Deletions
		}
		if slices.ContainsFunc(sets, func(o *dns.ResourceRecordSet) bool { return o.Name == dot(after.Name) && o.Type == after.Type }) {
			return c.Id, nil
		}
	}
	return "", fmt.Errorf("%s: there is none, though the record is as it is to be: %w", q.what, unsure)
}

// Wait returns once every server of Cloud DNS answers with the change.
func (d records) Wait(ctx context.Context, r cloud.Record, id string) error {
	s, err := d.service()
	if err != nil {
		return err
	}
	q := about("wait for change "+id+" of", r, "dns.changes.get", true)
	for pause := (pauses{}); ; {
		c, err := ask(ctx, d.client, q, func(ctx context.Context) (*dns.Change, error) {
			return s.Changes.Get(r.Project, r.Zone, id).Context(ctx).Do()
		})
		if err != nil {
			return err
		}
		if c.Status == "done" {
			return nil
		}
		if err := d.client.options.Wait(ctx, pause.next(nil)); err != nil {
			return fmt.Errorf("%s (%s): %w", q.what, c.Status, err)
		}
	}
}
