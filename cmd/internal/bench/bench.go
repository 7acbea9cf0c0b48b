package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// Run runs what the options ask for. say gets lines for a person who waits.
func Run(ctx context.Context, opts Options, say func(string, ...any)) (_ Report, err error) {
	if err := opts.validate(); err != nil {
		return Report{}, err
	}
	if opts.Tandem, err = filepath.Abs(opts.Tandem); err != nil {
		return Report{}, err
	}
	if _, err := os.Stat(opts.Tandem); err != nil {
		return Report{}, errors.Join(err, errors.New("'make build' builds tandem"))
	}
	if len(opts.Parts) == 0 {
		opts.Parts = parts()
	}
	lab, err := newLab(ctx, opts, say)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, lab.close()) }()
	report := Report{
		Began:   time.Now().UTC().Truncate(time.Second),
		Machine: Machine{CPUs: runtime.NumCPU(), MySQL: lab.install.Number(), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, Load: loadAverage()},
		Settings: Settings{Durability: opts.Durability, BufferPoolMB: opts.BufferPoolMB, Clients: opts.Clients,
			Rounds: opts.Rounds, TableRows: opts.TableRows, Tandem: opts.Set},
	}
	began := time.Now()
	if err := lab.run(ctx, &report); err != nil {
		return report, err
	}
	if opts.Micro {
		say("Go's benchmarks")
		if report.Micro, err = micro(ctx); err != nil {
			return report, err
		}
	}
	report.Goals = judgeGoals(report)
	report.Seconds = time.Since(began).Seconds()
	return report, nil
}

// run runs the parts that were asked for, in their usual order. What was
// measured before an error stays in the report.
func (l *lab) run(ctx context.Context, report *Report) error {
	for _, s := range shapes() {
		if !slices.Contains(l.opts.Parts, s.name) {
			continue
		}
		race, err := l.applyRace(ctx, s)
		report.add(race)
		if err != nil {
			return err
		}
	}
	if slices.Contains(l.opts.Parts, partCopy) {
		race, err := l.copyRace(ctx)
		report.add(race)
		if err != nil {
			return err
		}
	}
	if slices.Contains(l.opts.Parts, partLatency) {
		latency, err := l.latency(ctx)
		if err != nil {
			return err
		}
		report.Latency = latency
	}
	verify := slices.DeleteFunc([]string{partVerify, partVerifyFar}, func(part string) bool { return !slices.Contains(l.opts.Parts, part) })
	if len(verify) > 0 {
		if err := l.verifyRaces(ctx, verify, report.add); err != nil {
			return err
		}
	}
	if slices.Contains(l.opts.Parts, partHandover) {
		handovers, err := l.handovers(ctx)
		report.Handovers = handovers
		return err
	}
	return nil
}
