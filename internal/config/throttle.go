package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Throttle holds the limits beyond which copying pauses. The stream never does.
type Throttle struct {
	CommitLatency  MostTime      `yaml:"commit_latency"`  // of a tiny commit on the target
	ThreadsRunning Most          `yaml:"threads_running"` // on the source
	SourceHistory  Most          `yaml:"source_history"`  // history list length
	TargetHistory  Most          `yaml:"target_history"`
	StreamLag      MostTime      `yaml:"stream_lag"`
	ReplicaLag     ThrottleQuery `yaml:"replica_lag"`
	Query          ThrottleQuery `yaml:"query"`
}

// ThrottleQuery is a query that answers a number.
type ThrottleQuery struct {
	SQL   string `yaml:"sql"`
	On    Side   `yaml:"on"`
	Above Most   `yaml:"above"`
}

// OnSource tells whether it is run on the source.
func (q ThrottleQuery) OnSource() bool { return q.On == SideSource }

func defaultThrottle() Throttle {
	return Throttle{
		CommitLatency: MostTime(2 * time.Second), ThreadsRunning: 200,
		SourceHistory: 1_000_000, TargetHistory: 1_000_000,
		StreamLag: MostTime(time.Minute),
	}
}

func (t Throttle) validate(path string, c *checker) {
	t.ReplicaLag.validate(path+".replica_lag", c)
	t.Query.validate(path+".query", c)
}

func (q ThrottleQuery) validate(path string, c *checker) {
	given := strings.TrimSpace(q.SQL) != ""
	switch {
	case !given && q != (ThrottleQuery{}):
		c.missing(path+".sql", "write a query that answers one number")
	case given && q.Above == 0:
		c.missing(path+".above", "write the number above which copying pauses, or off")
	}
	if given && q.On == "" {
		c.missing(path+".on", "write on: source or on: target, whichever the query is for")
	}
}

// Side is one of the two databases.
type Side string

// The sides.
const (
	SideSource Side = "source"
	SideTarget Side = "target"
)

func (*Side) choices() []string       { return []string{string(SideSource), string(SideTarget)} }
func (s *Side) set(text string) error { return setChoice((*string)(s), s, text) }

// off is how a limit is written that does not hold; 0 says the same.
const off = "off"

// Most is a limit on a number. It is 0 where none is given, negative for off.
type Most float64

func (m *Most) set(text string) error {
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	switch {
	case text == off || err == nil && n == 0:
		*m = -1
	case err != nil || n < 0 || math.IsNaN(n) || math.IsInf(n, 0) || strings.ContainsAny(text, "xXpP+"):
		return hinted(fmt.Errorf("%q is not a limit", text), "write a number, or off")
	default:
		*m = Most(n)
	}
	return nil
}

// String writes the limit as it is read.
func (m Most) String() string {
	if m < 0 {
		return off
	}
	return strconv.FormatFloat(float64(m), 'f', -1, 64)
}

// MostTime is a limit on a length of time. It is 0 where none is given, negative
// for off.
type MostTime time.Duration

func (m *MostTime) set(text string) error {
	if text == off {
		*m = -1
		return nil
	}
	var d Duration
	if err := d.set(text); err != nil {
		return hinted(errors.New(err.Error()), "write a number and a unit, such as 500ms or 5s, or off")
	}
	if *m = MostTime(d); d == 0 {
		*m = -1
	}
	return nil
}

// String writes the limit as it is read.
func (m MostTime) String() string {
	if m < 0 {
		return off
	}
	return Duration(m).String()
}
