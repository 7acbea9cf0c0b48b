package preflight

import (
	"context"

	"tandem/internal/mysqldb"
)

// checkSourceStream opens the source's binlog as the forward link would: whatever
// is in the way of that, this finds.
func checkSourceStream(ctx context.Context, s *state) ([]Finding, error) {
	return stream(ctx, s, Source, Block)
}

// checkTargetStream is the same for the reverse link.
func checkTargetStream(ctx context.Context, s *state) ([]Finding, error) {
	return stream(ctx, s, Target, Warn)
}

func stream(ctx context.Context, s *state, side Side, severity Severity) ([]Finding, error) {
	switch f := s.on(side).facts; {
	case s.Stream == nil:
		return none("it is not to be tried here")
	case !f.LogBin || f.GTIDMode != "ON":
		return none("the " + string(side) + " writes no binlog with GTIDs")
	}
	err := s.Stream(ctx, side)
	if err == nil || mysqldb.IsUnreachable(err) || ctx.Err() != nil {
		return nil, err
	}
	return one(severity, "the "+string(side)+"'s binlog can not be streamed", err.Error(), "look at the findings about binlog, GTIDs and privileges of the "+string(side))
}
