package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tandem/cmd/internal/rehearsal"
	"tandem/internal/guard"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/sandbox"
	"tandem/internal/schema"
)

// GuardCost is the bank's throughput when it writes as fast as it can.
type GuardCost struct {
	Without float64 `json:"transactions_per_second_without"`
	With    float64 `json:"transactions_per_second_with"`
	// Cost is the part of it that armed guards take.
	Cost float64 `json:"cost"`
}

// guardRounds is how often both are measured; the medians count.
const guardRounds = 3

// guardCost writes to a bank of its own as fast as it can, with guards and
// without in turns, so that what else happens on the machine hits both.
func (c *campaign) guardCost(ctx context.Context) (GuardCost, error) {
	var cost GuardCost
	server := c.servers.source
	db, err := mysqldb.Open(ctx, mysqldb.Endpoint{Name: "source", Network: "tcp", Addr: server.Addr(), User: sandbox.UserTandem,
		Password: func(context.Context) (string, error) { return server.Password(), nil }}, mysqldb.Options{MaxConns: 4})
	if err != nil {
		return cost, err
	}
	defer db.Close()
	tables := []schema.Name{{Schema: strainDatabase, Table: "accounts"}, {Schema: strainDatabase, Table: "ledger"}}
	o := guard.Options{Migration: migration, Side: ownership.Source, Group: "default", Tables: tables}
	var with, without []float64
	for round := range guardRounds {
		armed, err := guard.Arm(ctx, db, o)
		if err != nil {
			return cost, err
		}
		if round == 0 {
			armed.Created = nil // the handovers have made them
		}
		speed, err := c.strain(ctx, round*2)
		if err != nil {
			return cost, err
		}
		with = append(with, speed)
		guards, err := guard.Read(ctx, db, guard.ReadOptions{Migration: migration, Side: ownership.Source, Group: "default", Tables: tables})
		if err != nil {
			return cost, err
		}
		var list []guard.Trigger
		for _, g := range guards {
			list = append(list, g.Trigger)
		}
		if err := guard.Drop(ctx, db, list, guard.DisarmOptions{}); err != nil {
			return cost, err
		}
		if speed, err = c.strain(ctx, round*2+1); err != nil {
			return cost, err
		}
		without = append(without, speed)
		c.say("handover: %.0f tx/s with guards, %.0f without (round %d of %d)", with[round], without[round], round+1, guardRounds)
	}
	slices.Sort(with)
	slices.Sort(without)
	cost.With, cost.Without = with[len(with)/2], without[len(without)/2]
	if cost.Without > 0 {
		cost.Cost = 1 - cost.With/cost.Without
	}
	return cost, nil
}

// strain is the throughput of the second bank for a while.
func (c *campaign) strain(ctx context.Context, n int) (float64, error) {
	load, err := rehearsal.NewLoad(&sandbox.Pair{Source: c.servers.source, Target: c.servers.target}, rehearsal.Options{
		Banks: map[string]string{"default": strainDatabase}, Writers: c.opts.Clients, Accounts: benchAccounts, Seed: uint64(100 + n)})
	if err != nil {
		return 0, err
	}
	defer load.Close()
	failed := load.Start(ctx)
	select {
	case <-ctx.Done():
	case <-failed.Done():
	case <-time.After(c.opts.StrainFor):
	}
	stats := load.Mark()["default"]
	if err := load.Stop(); err != nil {
		return 0, fmt.Errorf("measure what guards cost: %w", err)
	}
	return stats.TPS, ctx.Err()
}
