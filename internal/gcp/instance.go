package gcp

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
)

// Instance tells what the admin API knows of an instance.
func (c *Client) Instance(ctx context.Context, connectionName string) (cloud.Instance, error) {
	i, err := parse(connectionName)
	if err != nil {
		return cloud.Instance{}, err
	}
	d, err := c.get(ctx, i)
	if err != nil {
		return cloud.Instance{}, err
	}
	return facts(i, d), nil
}

// get reads an instance as the API tells it.
func (c *Client) get(ctx context.Context, i instance) (*sqladmin.DatabaseInstance, error) {
	s, err := c.sqladmin()
	if err != nil {
		return nil, err
	}
	d, err := ask(ctx, c, i.on("read instance", "cloudsql.instances.get", roleViewer, true), func(ctx context.Context) (*sqladmin.DatabaseInstance, error) {
		return s.Instances.Get(i.project, i.name).Context(ctx).Do()
	})
	if err != nil {
		return nil, err
	}
	// The API does not look at the region: a wrong one would be found out by the
	// connector only.
	if i.region != "" && d.Region != "" && d.Region != i.region {
		return nil, fmt.Errorf("read instance %s: %w: it is in region %s: its connection name is %s:%s:%s",
			i.connectionName, cloud.ErrNotFound, d.Region, i.project, d.Region, i.name)
	}
	return d, nil
}

func facts(i instance, d *sqladmin.DatabaseInstance) cloud.Instance {
	f := cloud.Instance{
		Project:        i.project,
		Region:         d.Region,
		Name:           d.Name,
		ConnectionName: d.ConnectionName,
		Version:        d.DatabaseVersion,
		State:          d.State,
		Kind:           d.InstanceType,
		// The API writes project:name.
		Primary: d.MasterInstanceName[strings.LastIndex(d.MasterInstanceName, ":")+1:],
		DNSName: strings.TrimSuffix(d.DnsName, "."),
		Flags:   map[string]string{},
	}
	if f.ConnectionName == "" {
		f.ConnectionName = i.connectionName
	}
	if d.ServerCaCert != nil {
		f.ServerCA = d.ServerCaCert.Cert
	}
	for _, a := range d.IpAddresses {
		switch a.Type {
		case "PRIMARY":
			f.PublicIP = a.IpAddress
		case "PRIVATE":
			f.PrivateIP = a.IpAddress
		}
	}
	if d.ScheduledMaintenance != nil {
		f.Maintenance = when(d.ScheduledMaintenance.StartTime)
	}
	if d.Settings != nil {
		settings(&f, d.Settings)
	}
	return f
}

func settings(f *cloud.Instance, s *sqladmin.Settings) {
	f.Tier, f.Edition, f.Availability = s.Tier, s.Edition, s.AvailabilityType
	f.DiskGB, f.DiskLimitGB = s.DataDiskSizeGb, s.StorageAutoResizeLimit
	f.DiskAutoResize = s.StorageAutoResize != nil && *s.StorageAutoResize
	f.ActivationPolicy, f.DeletionProtection = s.ActivationPolicy, s.DeletionProtectionEnabled
	f.SettingsVersion = s.SettingsVersion
	for _, flag := range s.DatabaseFlags {
		f.Flags[flag.Name] = flag.Value
	}
	if b := s.BackupConfiguration; b != nil {
		f.BackupsEnabled, f.BinlogEnabled = b.Enabled, b.BinaryLogEnabled
		f.TransactionLogDays, f.TransactionLogState = b.TransactionLogRetentionDays, b.TransactionalLogStorageState
	}
	if n := s.IpConfiguration; n != nil {
		f.SSLMode = n.SslMode
		f.PSC = n.PscConfig != nil && n.PscConfig.PscEnabled
	}
	for _, p := range s.DenyMaintenancePeriods {
		f.DenyMaintenance = append(f.DenyMaintenance, cloud.Period{First: p.StartDate, Last: p.EndDate})
	}
}

// when reads a time of the API; zero where there is none.
func when(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Flags tells what may be set for a database version such as MYSQL_8_0.
func (c *Client) Flags(ctx context.Context, databaseVersion string) ([]cloud.Flag, error) {
	s, err := c.sqladmin()
	if err != nil {
		return nil, err
	}
	r := request{what: "read the database flags of " + databaseVersion, again: true}
	list, err := ask(ctx, c, r, func(ctx context.Context) (*sqladmin.FlagsListResponse, error) {
		return s.Flags.List().DatabaseVersion(databaseVersion).Context(ctx).Do()
	})
	if err != nil {
		return nil, err
	}
	var flags []cloud.Flag
	for _, f := range list.Items {
		flags = append(flags, cloud.Flag{Name: f.Name, RequiresRestart: f.RequiresRestart, AllowedValues: allowed(f)})
	}
	return flags, nil
}

func allowed(f *sqladmin.Flag) []string {
	values := append([]string(nil), f.AllowedStringValues...)
	for _, n := range googleapi.Int64s(f.AllowedIntValues) {
		values = append(values, strconv.FormatInt(n, 10))
	}
	if len(values) == 0 && f.Type == "BOOLEAN" {
		return []string{"on", "off"}
	}
	return values
}
