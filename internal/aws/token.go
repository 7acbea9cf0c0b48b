package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
)

// Token returns a password for IAM database authentication. It is good for fifteen
// minutes and for this very host and port only, so it is made anew for every
// connection; that needs no network, unless the credentials must be renewed.
//
// The database takes it through mysql_clear_password: only ever over TLS.
func (c *Client) Token(ctx context.Context, region, hostPort, user string) (string, error) {
	if region == "" {
		host, _, _ := strings.Cut(hostPort, ":")
		region = RegionOf(host)
	}
	ask := request{op: fmt.Sprintf("make an IAM token for %s at %s", user, hostPort), action: "rds-db:connect"}
	cfg, err := c.config(ctx, region)
	if err != nil {
		return "", fmt.Errorf("%s: %w", ask.op, err)
	}
	token, err := auth.BuildAuthToken(ctx, hostPort, cfg.Region, user, cfg.Credentials)
	return token, ask.fail(ctx, err)
}

// RegionOf tells the region from the host name of a cluster's or an instance's
// endpoint, and nothing from any other name.
func RegionOf(host string) string {
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(host), "."), ".")
	at := slices.Index(labels, "amazonaws")
	switch {
	case at >= 2 && labels[at-1] == "rds":
		return labels[at-2]
	case at >= 2 && labels[at-2] == "rds": // as in China
		return labels[at-1]
	}
	return ""
}
