package bench

import (
	"fmt"
	"slices"
	"time"
)

// database holds all that is measured with.
const database = "bench"

// Options say what is measured, and how much of it.
type Options struct {
	// Parts are the races to run; see parts.
	Parts []string
	// Transactions is the length of the backlog, in transactions of the OLTP mix.
	Transactions int
	// TableRows are in each table before.
	TableRows int
	// Rows is the size of the copy.
	Rows int
	// LatencyFor is how long latency is measured, PerSecond how often.
	LatencyFor time.Duration
	PerSecond  int
	// Rounds is how often everything is done; the median counts.
	Rounds int
	// Durability is strict, where each commit reaches the disk, or relaxed.
	Durability   string
	BufferPoolMB int
	// Clients are the connections of the load.
	Clients int
	Seed    uint64
	// Tandem is the program, Set are its settings besides the defaults.
	Tandem string
	Set    []string
	// Handovers is how often a bank is handed over and brought back, under
	// HandoverTPS transactions a second; StrainFor how long its throughput is
	// measured each time.
	Handovers   int
	HandoverTPS float64
	StrainFor   time.Duration
	// Against are the contenders; empty for the usual ones.
	Against []string
	// Micro runs Go's benchmarks, too.
	Micro bool
	// Check makes a missed goal an error.
	Check bool
}

const (
	strict  = "strict"
	relaxed = "relaxed"
)

func (o Options) durable() bool { return o.Durability == strict }

// The parts besides the shapes of apply.
const (
	partCopy    = "copy"
	partLatency = "latency"
)

// parts are all races, in their order.
func parts() []string {
	var names []string
	for _, s := range shapes() {
		names = append(names, s.name)
	}
	return append(names, partCopy, partLatency, partVerify, partVerifyFar, partHandover)
}

// peers are all contenders but tandem.
func peers() []string {
	var names []string
	for _, n := range natives() {
		names = append(names, n.name)
	}
	return append(names, contenderMydumper, contenderMysqldump, contenderChecksum, contenderCRC, contenderStream, contenderServer)
}

func (o Options) validate() error {
	for _, part := range o.Parts {
		if !slices.Contains(parts(), part) {
			return fmt.Errorf("there is no part %q; parts are %v", part, parts())
		}
	}
	for _, name := range o.Against {
		if !slices.Contains(peers(), name) {
			return fmt.Errorf("--against %s: there is no such contender; contenders are %v", name, peers())
		}
	}
	for flag, value := range map[string]int{"transactions": o.Transactions, "table-rows": o.TableRows, "rows": o.Rows, "per-second": o.PerSecond,
		"rounds": o.Rounds, "buffer-pool": o.BufferPoolMB, "clients": o.Clients, "handovers": o.Handovers} {
		if value < 1 {
			return fmt.Errorf("--%s %d: must be 1 at least", flag, value)
		}
	}
	if o.Durability != strict && o.Durability != relaxed {
		return fmt.Errorf("--durability %s: must be %s or %s", o.Durability, strict, relaxed)
	}
	return nil
}
