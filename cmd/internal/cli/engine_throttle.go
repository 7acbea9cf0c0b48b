package cli

import (
	"time"

	"tandem/internal/config"
	"tandem/replicate/throttle"
)

// throttleLimits are the limits beyond which copying pauses. Both packages take
// a negative one for off.
func throttleLimits(t *config.Throttle) throttle.Limits {
	query := func(q config.ThrottleQuery) throttle.Query {
		return throttle.Query{SQL: q.SQL, OnSource: q.OnSource(), Above: float64(q.Above)}
	}
	return throttle.Limits{
		CommitLatency: time.Duration(t.CommitLatency), ThreadsRunning: int64(t.ThreadsRunning),
		SourceHistory: int64(t.SourceHistory), TargetHistory: int64(t.TargetHistory),
		StreamLag: time.Duration(t.StreamLag), ReplicaLag: query(t.ReplicaLag), Query: query(t.Query),
	}
}
