package bench

import (
	"time"

	"tandem/internal/sandbox"
)

// CPU is processor time in seconds, by who used it.
type CPU struct {
	Source float64 `json:"source"`
	Target float64 `json:"target"`
	// Tool is the contender's own process, if it has one.
	Tool float64 `json:"tool"`
}

func (c CPU) total() float64 { return c.Source + c.Target + c.Tool }

// meter measures what servers use from now on.
type meter struct {
	source, target *sandbox.Server
	before         CPU
	began          time.Time
}

func startMeter(source, target *sandbox.Server) *meter {
	return &meter{source: source, target: target, began: time.Now(),
		before: CPU{Source: cpuTime(source.PID()).Seconds(), Target: cpuTime(target.PID()).Seconds()}}
}

// read returns the time since the start, and what both servers have used.
func (m *meter) read() (time.Duration, CPU) {
	took := time.Since(m.began)
	return took, CPU{
		Source: cpuTime(m.source.PID()).Seconds() - m.before.Source,
		Target: cpuTime(m.target.PID()).Seconds() - m.before.Target,
	}
}
