package aws

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"tandem/internal/cloud"
)

type dns struct{ client *Client }

// DNS changes records in Route 53: simple ones and weighted ones. Records that are
// aliases, or routed by anything but weights, are refused: what they answer does not
// fit into a [cloud.Record], so they could not be put back.
func (c *Client) DNS() cloud.DNS { return dns{client: c} }

func recordRequest(verb string, r cloud.Record, action string) request {
	name := r.Type + " " + r.Name
	if r.SetID != "" {
		name += " (" + r.SetID + ")"
	}
	return request{
		op:     fmt.Sprintf("%s record %s in zone %s", verb, name, r.Zone),
		action: "route53:" + action, resource: "arn:aws:route53:::hostedzone/" + zoneID(r.Zone),
	}
}

func zoneID(zone string) string { return strings.TrimPrefix(zone, "/hostedzone/") }

// Lookup implements cloud.DNS.
func (d dns) Lookup(ctx context.Context, r cloud.Record) (cloud.Record, error) {
	set, err := d.find(ctx, r)
	if err != nil {
		return cloud.Record{}, err
	}
	return recordOf(r, set), nil
}

// find reads a record set as Route 53 keeps it. A listing begins at a name and goes
// on to the next ones, so what comes is compared.
func (d dns) find(ctx context.Context, r cloud.Record) (*types.ResourceRecordSet, error) {
	ask := recordRequest("look up", r, "ListResourceRecordSets")
	client, err := d.client.route53(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ask.op, err)
	}
	in := &route53.ListResourceRecordSetsInput{
		HostedZoneId: &r.Zone, StartRecordName: sdk.String(r.Name), StartRecordType: types.RRType(r.Type), MaxItems: sdk.Int32(1),
	}
	if r.SetID != "" {
		in.StartRecordIdentifier = sdk.String(r.SetID)
	}
	out, err := client.ListResourceRecordSets(ctx, in)
	if err != nil {
		return nil, ask.fail(ctx, err)
	}
	if len(out.ResourceRecordSets) == 0 || !sameName(sdk.ToString(out.ResourceRecordSets[0].Name), r.Name) || string(out.ResourceRecordSets[0].Type) != r.Type {
		return nil, ask.answered(cloud.ErrNotFound, "there is none")
	}
	set := &out.ResourceRecordSets[0]
	id := sdk.ToString(set.SetIdentifier)
	switch {
	case id != r.SetID && r.SetID == "":
		return nil, ask.answered(nil, "there are several with weights or other rules: name one by its set identifier, such as %s", id)
	case id != r.SetID:
		return nil, ask.answered(cloud.ErrNotFound, "there is none with that set identifier")
	case set.AliasTarget != nil:
		return nil, ask.answered(nil, "it is an alias of %s; tandem changes records that hold values themselves", sdk.ToString(set.AliasTarget.DNSName))
	case id != "" && set.Weight == nil:
		return nil, ask.answered(nil, "it is not routed by weights; tandem changes weighted records and simple ones")
	}
	return set, nil
}

func recordOf(r cloud.Record, set *types.ResourceRecordSet) cloud.Record {
	found := r
	found.TTL = time.Duration(sdk.ToInt64(set.TTL)) * time.Second
	found.Weight = sdk.ToInt64(set.Weight)
	found.Values = nil
	for _, value := range set.ResourceRecords {
		found.Values = append(found.Values, sdk.ToString(value.Value))
	}
	return found
}

// Change implements cloud.DNS. A TTL of zero keeps the one there is. What is as it is
// to be already is written once more, so that there is a change to wait for: an
// earlier one whose answer was lost may not have reached every server.
func (d dns) Change(ctx context.Context, before, after cloud.Record) (string, error) {
	ask := recordRequest("change", after, "ChangeResourceRecordSets")
	if len(after.Values) == 0 || before.Zone != after.Zone || !sameName(before.Name, after.Name) || before.Type != after.Type || before.SetID != after.SetID {
		return "", ask.answered(nil, "it would not be the same record with other values")
	}
	set, err := d.find(ctx, before)
	if errors.Is(err, cloud.ErrNotFound) {
		return "", ask.answered(cloud.ErrStale, "it is gone")
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", ask.op, err)
	}
	now := recordOf(before, set)
	wanted := after
	wanted.Name = before.Name
	if !now.Same(before) && !now.Same(wanted) {
		return "", ask.answered(cloud.ErrStale, "it is %s now, and was %s; somebody else has changed it", answerOf(now), answerOf(before))
	}
	// The rest of the record set, such as a health check, stays.
	if after.TTL > 0 {
		set.TTL = sdk.Int64(int64(after.TTL / time.Second))
	}
	if set.SetIdentifier != nil {
		set.Weight = sdk.Int64(after.Weight)
	}
	set.ResourceRecords = nil
	for _, value := range after.Values {
		set.ResourceRecords = append(set.ResourceRecords, types.ResourceRecord{Value: sdk.String(value)})
	}
	client, err := d.client.route53(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", ask.op, err)
	}
	out, err := client.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &after.Zone,
		ChangeBatch:  &types.ChangeBatch{Changes: []types.Change{{Action: types.ChangeActionUpsert, ResourceRecordSet: set}}},
	})
	if err != nil {
		return "", ask.fail(ctx, err)
	}
	return strings.TrimPrefix(sdk.ToString(out.ChangeInfo.Id), "/change/"), nil
}

func answerOf(r cloud.Record) string {
	text := strings.Join(r.Values, ", ")
	if r.SetID != "" {
		text += fmt.Sprintf(" with weight %d", r.Weight)
	}
	return text
}

// Wait implements cloud.DNS.
func (d dns) Wait(ctx context.Context, r cloud.Record, id string) error {
	ask := recordRequest("wait for the change of", r, "GetChange")
	ask.resource = "arn:aws:route53:::change/" + id
	client, err := d.client.route53(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", ask.op, err)
	}
	return d.client.poll(ctx, ask.op, func(ctx context.Context) (bool, error) {
		out, err := client.GetChange(ctx, &route53.GetChangeInput{Id: &id})
		if err != nil {
			return false, ask.fail(ctx, err)
		}
		return out.ChangeInfo.Status == types.ChangeStatusInsync, nil
	})
}

// sameName compares names the way DNS does. Route 53 writes what is not a letter, a
// digit, - or _ as \ and three octal digits: *.example.com is \052.example.com.
func sameName(a, b string) bool { return plainName(a) == plainName(b) }

func plainName(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] == '\\' && i+3 < len(name) {
			if code, err := strconv.ParseUint(name[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return strings.TrimSuffix(strings.ToLower(b.String()), ".")
}
