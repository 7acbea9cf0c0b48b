package cloud

import (
	"context"
	"slices"
	"time"
)

// Record is a resource record set.
type Record struct {
	// Zone is the hosted zone's id (Route 53) or the managed zone's name (Cloud
	// DNS, with Project).
	Zone, Project string
	// Name is fully qualified, with or without the last dot; Type such as CNAME.
	Name, Type string
	TTL        time.Duration
	Values     []string
	// SetID and Weight are those of a weighted record of Route 53; SetID is empty
	// for a simple one.
	SetID  string
	Weight int64
}

// Same tells whether two records answer alike. It does not look at the TTL.
func (r Record) Same(o Record) bool {
	a, b := slices.Sorted(slices.Values(r.Values)), slices.Sorted(slices.Values(o.Values))
	return r.Name == o.Name && r.Type == o.Type && r.SetID == o.SetID && r.Weight == o.Weight && slices.Equal(a, b)
}

// DNS changes records of one provider.
type DNS interface {
	// Lookup returns the record as it is; ErrNotFound where there is none.
	Lookup(ctx context.Context, r Record) (Record, error)
	// Change makes it so, if it still is as before: else ErrStale, and nothing is
	// changed. It returns what Wait waits for.
	Change(ctx context.Context, before, after Record) (id string, err error)
	// Wait returns once every server of the provider answers with the change.
	Wait(ctx context.Context, r Record, id string) error
}
