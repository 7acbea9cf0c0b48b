package runner

import (
	"context"
	"sync"
	"time"

	"tandem/internal/ownership"
)

// arrival waits for the new owner to learn that it is.
type arrival struct {
	once sync.Once
	done chan struct{}
	at   time.Time
	err  error
}

// watchArrival begins to look at the new owner's rows, beside whatever else is
// done: when they are there the pause is over.
func (r *Run) watchArrival(ctx context.Context) *arrival {
	if r.arrival == nil {
		r.arrival = &arrival{done: make(chan struct{})}
	}
	a := r.arrival
	a.once.Do(func() {
		go func() {
			defer close(a.done)
			a.at, a.err = r.arrived(ctx)
		}()
	})
	return a
}

// Arrived waits until the new owner knows of every group that it is its own, and
// returns when that was seen.
func (r *Run) Arrived(ctx context.Context) (time.Time, error) {
	a := r.watchArrival(ctx)
	select {
	case <-a.done:
		return a.at, a.err
	case <-ctx.Done():
		return time.Time{}, context.Cause(ctx)
	}
}

func (r *Run) arrived(ctx context.Context) (time.Time, error) {
	began := r.Now()
	for {
		records, err := ownership.Load(ctx, r.DB(r.To()), r.Migration)
		if err == nil && r.owns(records) {
			return r.Now(), nil
		}
		if ctx.Err() != nil {
			return time.Time{}, context.Cause(ctx)
		}
		pace := arrivalPace
		if r.Now().Sub(began) > time.Second {
			pace = Pace
		}
		select {
		case <-ctx.Done():
			return time.Time{}, context.Cause(ctx)
		case <-time.After(pace):
		}
	}
}

// arrivalPace is how often the new owner is asked at first: it is how exactly the
// pause is known.
const arrivalPace = 3 * time.Millisecond

func (r *Run) owns(records map[string]ownership.Record) bool {
	for _, g := range r.Groups {
		if records[g].Owner != r.To() {
			return false
		}
	}
	return true
}
