package throttle

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
)

// streamLag measures how long ago the source was where the stream is now: it
// notes where the source is, and looks when the stream has come there. No clock
// but tandem's own takes part, and a source that was idle for an hour is not an
// hour ahead when it commits again.
type streamLag struct {
	source  *sql.DB
	applied func() change.GTIDSet
	clock   func() time.Time
	// marks are where the source was, and when, that the stream has not come by.
	marks []mark
}

type mark struct {
	at  time.Time
	set change.GTIDSet
}

// maxMarks bounds the marks. The first one counts, so that it does not matter
// when no more are made for a while.
const maxMarks = 600

func (s *streamLag) measure(ctx context.Context) (float64, error) {
	now := s.clock()
	executed, err := mysqldb.Executed(ctx, s.source)
	if err != nil {
		return 0, fmt.Errorf("read the source's position: %w", err)
	}
	return s.add(now, executed, s.applied()), nil
}

func (s *streamLag) add(now time.Time, executed, applied change.GTIDSet) float64 {
	if len(s.marks) < maxMarks {
		s.marks = append(s.marks, mark{now, executed})
	}
	for len(s.marks) > 0 && applied.ContainsSet(s.marks[0].set) {
		s.marks = s.marks[1:]
	}
	if len(s.marks) == 0 {
		return 0
	}
	return s.clock().Sub(s.marks[0].at).Seconds()
}
