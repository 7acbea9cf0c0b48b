package runner

import (
	"context"

	"tandem/internal/cloud"
	"tandem/internal/ownership"
	"tandem/internal/retention"
	"tandem/plans/journal"
)

// Provider is where a resource record is kept.
type Provider string

// The providers.
const (
	Route53  Provider = "route53"
	CloudDNS Provider = "clouddns"
)

// Clouds are the managed services that steps ask something of. An error is one
// for people: that a side is in no cloud, or that nobody is logged in.
type Clouds interface {
	Backups(ctx context.Context, side ownership.Side) (cloud.Backups, error)
	// ReadOnly is nil where the server's own variable is to be used.
	ReadOnly(ctx context.Context, side ownership.Side) (cloud.ReadOnly, error)
	DNS(ctx context.Context, p Provider) (cloud.DNS, error)
}

// Retention tells how long a side keeps the binlogs that the link that reads them
// still needs.
type Retention interface {
	Left(ctx context.Context, side ownership.Side) (retention.Left, error)
}

// noted returns what this step has noted, in this run and in those before it, the
// oldest first. A way back finds there what the way there has changed.
func (n *Runner) noted(step string) []journal.Data {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []journal.Data
	for _, e := range n.journal.Chain().Entries {
		if e.Kind == journal.Note && e.Step == step {
			list = append(list, e.Data)
		}
	}
	return list
}
