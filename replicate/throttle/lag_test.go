package throttle

import (
	"testing"
	"time"

	"tandem/internal/change"
)

func gtids(t *testing.T, upTo string) change.GTIDSet {
	t.Helper()
	set, err := change.ParseGTIDSet("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:1-" + upTo)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestStreamLag goes through a day: at rest, behind, catching up, and idle for an
// hour before a commit.
func TestStreamLag(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now := start
	s := streamLag{clock: func() time.Time { return now }}
	for _, step := range []struct {
		at                int // seconds
		executed, applied string
		want              float64
	}{
		{0, "10", "10", 0},
		{1, "20", "10", 0},
		{2, "30", "10", 1},
		{5, "40", "10", 4},
		{6, "40", "20", 4}, // where the source was at 2 is not reached
		{7, "40", "35", 2}, // at 5
		{8, "40", "40", 0},
		{3600, "40", "40", 0},
		{3601, "41", "40", 0}, // just committed, not an hour behind
		{3602, "41", "41", 0},
	} {
		now = start.Add(time.Duration(step.at) * time.Second)
		if got := s.add(now, gtids(t, step.executed), gtids(t, step.applied)); got != step.want {
			t.Errorf("after %d s: %v s behind, want %v", step.at, got, step.want)
		}
	}
}

func TestStreamLagIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	s := streamLag{clock: func() time.Time { return now }}
	behind, ahead := gtids(t, "1"), gtids(t, "2")
	for range 10_000 {
		now = now.Add(time.Second)
		s.add(now, ahead, behind)
	}
	if got := s.add(now, ahead, behind); got != 9_999 || len(s.marks) > maxMarks {
		t.Errorf("%v s behind by %d marks", got, len(s.marks))
	}
}
