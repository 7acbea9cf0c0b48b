package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/cmd/internal/ui"
)

func rounds(seconds ...float64) []Measure {
	var list []Measure
	for _, s := range seconds {
		list = append(list, Measure{Seconds: s})
	}
	return list
}

func TestRaceComparesMedians(t *testing.T) {
	t.Parallel()
	race := Race{Name: "oltp", Results: []Result{
		{Contender: contenderTandem, Rounds: rounds(9, 2, 1)},
		{Contender: "native-4", Rounds: rounds(8, 100, 7)},
		{Contender: "native-best", Rounds: rounds(6, 4)},
		{Contender: "native-1", Skipped: "skipped: no"},
	}}
	race.finish()
	var ratios []float64
	for _, result := range race.Results {
		ratios = append(ratios, result.Ratio)
	}
	if diff := cmp.Diff([]float64{0, 4, 2, 0}, ratios); diff != "" {
		t.Error(diff)
	}
	goals := judgeGoals(Report{Races: []Race{race}})
	if len(goals) != 2 || !goals[0].Met || !goals[1].Met || goals[1].Got != 2 {
		t.Errorf("goals: %+v", goals)
	}
	race.Results[0].Rounds = rounds(2.3)
	race.finish()
	if goals = judgeGoals(Report{Races: []Race{race}}); missed(goals) != 2 {
		t.Errorf("goals: %+v", goals)
	}
}

func TestLatencyGoals(t *testing.T) {
	t.Parallel()
	goals := judgeGoals(Report{Latency: []Latency{{P50: 1.1, P99: 3}, {P50: 1, P99: 2}}})
	if len(goals) != 2 || !goals[0].Met || goals[1].Met {
		t.Errorf("goals: %+v", goals)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	var list []float64
	for n := range 1000 {
		list = append(list, float64(n))
	}
	for q, want := range map[float64]float64{0: 0, 0.5: 500, 0.99: 990, 1: 999} {
		if got := quantile(list, q); got != want {
			t.Errorf("quantile %g: %g, want %g", q, got, want)
		}
	}
}

func TestParseMicro(t *testing.T) {
	t.Parallel()
	got := parseMicro("goos: linux\npkg: tandem/replicate/binlog\ncpu: x\n" +
		"BenchmarkDecode/wide-2   \t 1000000\t      1042 ns/op\t  95.96 MB/s\t     0 B/op\t       0 allocs/op\nPASS\nok  \ttandem/replicate/binlog\t1.0s\n")
	want := []Micro{{Name: "replicate/binlog.Decode/wide-2", Metrics: map[string]float64{"ns/op": 1042, "MB/s": 95.96, "B/op": 0, "allocs/op": 0}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReportIsReadable(t *testing.T) {
	t.Parallel()
	race := Race{Name: "oltp", Title: "OLTP mix", Kind: "apply", Transactions: 60_000, Rows: 84_000, Bytes: 48 << 20, Results: []Result{
		{Contender: contenderTandem, Rounds: []Measure{{Seconds: 4, Startup: 0.25, CPU: CPU{1, 4, 1}, Peak: 90 << 20}}},
		{Contender: "native-4", Rounds: []Measure{{Seconds: 20, CPU: CPU{1, 30, 0}, Difference: "1 of 8 tables differ"}}},
		{Contender: "native-best", Skipped: "skipped: not today"},
	}}
	race.finish()
	report := Report{Machine: Machine{CPUs: 2, MySQL: "9.7.4"}, Settings: Settings{Durability: strict}, Races: []Race{race}}
	report.Latency = []Latency{{Contender: contenderTandem, Samples: 1000, P50: 1, P99: 2, Max: 3}, {Contender: "native-4", Samples: 1000, P50: 1, P99: 1, Max: 3}}
	report.Goals = judgeGoals(report)
	var out bytes.Buffer
	if err := writeReport(ui.NewStream(&out, ui.ColorNever, func(string) string { return "" }), report); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"60,000 transactions", "5.00×", "15.0k", "90.0 MiB", "71.4", "not today", "0.25 s until", "1 of 8 tables differ", "met", "missed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the report", want)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"nothing"}, {"--against", "oracle"}, {"--rounds", "0"}, {"--durability", "some"}, {"-o", "xml"}, {"--nothing"},
	} {
		var out, complaint bytes.Buffer
		if code := Main(args, &out, &complaint); code != 2 || out.Len() > 0 || !strings.HasPrefix(complaint.String(), "bench: ") {
			t.Errorf("%v: exit code %d, want 2; %s%s", args, code, &out, &complaint)
		}
	}
	var out, complaint bytes.Buffer
	if code := Main([]string{"--tandem", t.TempDir() + "/none"}, &out, &complaint); code != 1 {
		t.Errorf("without tandem: exit code %d, want 1: %s", code, &complaint)
	}
}
