package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestRaces runs everything once, so small that its figures say nothing: what
// counts is that every contender gets there, and that the judge agrees. Latency
// takes as many servers again, so it is measured with TANDEM_LONG=1 only.
func TestRaces(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a dozen servers")
	}
	sandboxtest.Install(t, sandbox.Any)
	var out, complaint bytes.Buffer
	parts, latencies := []string{"hot", "copy"}, 0
	if os.Getenv("TANDEM_LONG") != "" {
		parts, latencies = append(parts, "latency"), 2
	}
	code := Main(append(parts, "--tandem", tandemProgram(t), "--durability", "relaxed", "--buffer-pool", "64",
		"--transactions", "400", "--table-rows", "8000", "--rows", "3000", "--latency-for", "500ms", "--against", "native-best,mydumper|myloader", "-o", "json"), &out, &complaint)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, &complaint)
	}
	var report Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Races) != 2 || len(report.Latency) != latencies {
		t.Fatalf("%d races and %d latencies are in the report", len(report.Races), len(report.Latency))
	}
	for _, race := range report.Races {
		if len(race.Results) != 2 || race.Rows == 0 || race.Bytes == 0 {
			t.Errorf("%s: %d results, %d rows, %d bytes", race.Name, len(race.Results), race.Rows, race.Bytes)
		}
		for _, result := range race.Results {
			if result.Skipped == "" && result.Median.Seconds <= 0 {
				t.Errorf("%s: %s took no time", race.Name, result.Contender)
			}
		}
		if ours := race.Results[0]; ours.Contender != contenderTandem || ours.Median.Difference != "" {
			t.Errorf("%s: %+v", race.Name, ours)
		}
	}
	for _, latency := range report.Latency {
		if latency.Samples != 25 || latency.P50 <= 0 || latency.P99 < latency.P50 {
			t.Errorf("latency: %+v", latency)
		}
	}
}
