//go:build !linux

package bench

import (
	"syscall"
	"time"
)

// Without /proc there is no CPU and no memory in the report, only time.
func cpuTime(int) time.Duration { return 0 }

func peakMemory(int) int64 { return 0 }

func flushDisks() {}

func apart() *syscall.SysProcAttr { return nil }

func loadAverage() float64 { return 0 }
