package bench

// Goal is a ratio that tandem is to reach, and what it was.
type Goal struct {
	Race    string  `json:"race"`
	Against string  `json:"against"`
	What    string  `json:"what"`
	Want    float64 `json:"want"`
	Got     float64 `json:"got"`
	Met     bool    `json:"met"`
}

// goals are the least that tandem promises on 2 cores, at default durability.
func goals() []Goal {
	return []Goal{
		{Race: "oltp", Against: "native-4", Want: 3.5},
		{Race: "oltp", Against: "native-best", Want: 2},
		{Race: "hot", Against: "native-4", Want: 6},
		{Race: "hot", Against: "native-best", Want: 1},
		{Race: "big", Against: "native-4", Want: 2},
		{Race: "big", Against: "native-best", Want: 1},
		{Race: "single", Against: "native-4", Want: 2},
		{Race: "single", Against: "native-best", Want: 1},
		{Race: partCopy, Against: contenderMydumper, Want: 1.4},
		// At most 1.3 times the time of the fastest thing that MySQL has.
		{Race: partVerify, Against: contenderChecksum, Want: 1 / 1.3},
		// On a thin line what crosses it must not count.
		{Race: partVerifyFar, Against: contenderStream, Want: 2},
	}
}

// latencyFactor is how much longer than with native replication it may take
// until a row is visible.
const latencyFactor = 1.2

// judgeGoals holds the goals against what was measured; those of races that
// were not run are left out.
func judgeGoals(r Report) []Goal {
	var out []Goal
	for _, goal := range goals() {
		goal.What = "times as fast"
		for _, race := range r.Races {
			for _, result := range race.Results {
				if race.Name == goal.Race && result.Contender == goal.Against && result.Ratio > 0 {
					goal.Got = result.Ratio
					goal.Met = goal.Got >= goal.Want
					out = append(out, goal)
				}
			}
		}
	}
	if len(r.Latency) == 2 {
		ours, theirs := r.Latency[0], r.Latency[1]
		for _, part := range []struct {
			what         string
			ours, theirs float64
		}{{"of its p50", ours.P50, theirs.P50}, {"of its p99", ours.P99, theirs.P99}} {
			goal := Goal{Race: partLatency, Against: theirs.Contender, What: part.what, Want: latencyFactor, Got: part.ours / part.theirs}
			goal.Met = goal.Got <= goal.Want
			out = append(out, goal)
		}
	}
	return out
}

// missed are the goals that were not met.
func missed(goals []Goal) int {
	n := 0
	for _, goal := range goals {
		if !goal.Met {
			n++
		}
	}
	return n
}
