package aws

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"tandem/internal/cloud"
)

// perCall is how many parameters RDS takes at a time.
const perCall = 20

func groupRequest(verb, region, group, action string) request {
	return request{
		op: fmt.Sprintf("%s parameter group %s in %s", verb, group, region), action: "rds:" + action,
		resource: fmt.Sprintf("arn:aws:rds:%s:*:cluster-pg:%s", region, group),
	}
}

// Parameters tells what a cluster parameter group says. What a member runs may be
// something else until it is rebooted: see [cloud.Member].ParameterStatus.
func (c *Client) Parameters(ctx context.Context, region, group string) ([]cloud.Parameter, error) {
	ask := groupRequest("read", region, group, "DescribeDBClusterParameters")
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ask.op, err)
	}
	var list []cloud.Parameter
	pages := rds.NewDescribeDBClusterParametersPaginator(client, &rds.DescribeDBClusterParametersInput{DBClusterParameterGroupName: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ask.fail(ctx, err)
		}
		for _, p := range page.Parameters {
			list = append(list, cloud.Parameter{
				Name: sdk.ToString(p.ParameterName), Value: sdk.ToString(p.ParameterValue), Set: p.ParameterValue != nil,
				Modifiable: sdk.ToBool(p.IsModifiable), Static: sdk.ToString(p.ApplyType) == "static", Source: sdk.ToString(p.Source),
			})
		}
	}
	return list, nil
}

// RebootNeededError says that parameters are static, and a reboot was not agreed to.
type RebootNeededError struct {
	Group  string
	Static []string
}

// Error implements error.
func (e *RebootNeededError) Error() string {
	return fmt.Sprintf("parameter group %s: %s would take effect at a reboot only", e.Group, strings.Join(e.Static, ", "))
}

// SetParameters changes parameters of a cluster parameter group: dynamic ones at
// once, static ones at the next reboot, which is for the caller to order ([Client.Reboot]).
// An empty value sets one back to the engine's default. Those that are as wanted are
// not touched. With reboot false static ones are refused, and nothing is changed.
func (c *Client) SetParameters(ctx context.Context, region, group string, values map[string]string, reboot bool) error {
	ask := groupRequest("change", region, group, "ModifyDBClusterParameterGroup")
	if strings.HasPrefix(group, "default.") {
		return ask.answered(nil, "a default group can not be changed; make one of your own (aws rds create-db-cluster-parameter-group), give it to the cluster, and reboot its writer")
	}
	have, err := c.Parameters(ctx, region, group)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	set, reset, err := plan(ask, group, have, values, reboot)
	if err != nil {
		return err
	}
	client, err := c.rdsIn(ctx, region)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	for part := range slices.Chunk(set, perCall) {
		_, err := client.ModifyDBClusterParameterGroup(ctx, &rds.ModifyDBClusterParameterGroupInput{DBClusterParameterGroupName: &group, Parameters: part})
		if err != nil {
			return ask.fail(ctx, err)
		}
	}
	ask.action = "rds:ResetDBClusterParameterGroup"
	for part := range slices.Chunk(reset, perCall) {
		_, err := client.ResetDBClusterParameterGroup(ctx, &rds.ResetDBClusterParameterGroupInput{
			DBClusterParameterGroupName: &group, Parameters: part, ResetAllParameters: sdk.Bool(false),
		})
		if err != nil {
			return ask.fail(ctx, err)
		}
	}
	return nil
}

// plan says what is to be set and what to be reset.
func plan(ask request, group string, have []cloud.Parameter, values map[string]string, reboot bool) (set, reset []types.Parameter, err error) {
	var static []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		at := slices.IndexFunc(have, func(p cloud.Parameter) bool { return p.Name == name })
		if at < 0 {
			return nil, nil, ask.answered(cloud.ErrNotFound, "it has no parameter %s", name)
		}
		p, value := have[at], values[name]
		switch {
		case value == "" && p.Source != "user", value != "" && p.Set && p.Value == value:
			continue
		case !p.Modifiable:
			return nil, nil, ask.answered(nil, "%s can not be changed there", name)
		}
		change := types.Parameter{ParameterName: sdk.String(name), ApplyMethod: types.ApplyMethodImmediate}
		if p.Static {
			static = append(static, name)
			change.ApplyMethod = types.ApplyMethodPendingReboot
		}
		if value == "" {
			reset = append(reset, change)
		} else {
			change.ParameterValue = sdk.String(value)
			set = append(set, change)
		}
	}
	if len(static) > 0 && !reboot {
		return nil, nil, fmt.Errorf("%s: %w", ask.op, &RebootNeededError{Group: group, Static: static})
	}
	return set, reset, nil
}
