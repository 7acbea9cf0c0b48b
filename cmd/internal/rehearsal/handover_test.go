package rehearsal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tandem/internal/sandbox/bank"
)

func TestSummarise(t *testing.T) {
	t.Parallel()
	got := Summarise([]Handover{
		{Pause: 0.1, Waited: 0.05, Steps: []Step{{"arm", 9}, {"fence", 0.03}, {"carry", 0.01}}, Failed: 3, Errors: map[bank.Class]int64{bank.Guarded: 3}},
		{Pause: 0.3, Waited: 0.15, Steps: []Step{{"arm", 7}, {"fence", 0.03}, {"carry", 0.01}}, Errors: map[bank.Class]int64{bank.Deadlock: 1}},
		{Undone: "the budget", Failed: 2, Steps: []Step{{"fence", 100}}},
		// The rest of the last step is not waited for.
		{Pause: 0.2, Waited: 0.04, Steps: []Step{{"arm", 8}, {"fence", 0.03}, {"carry", 5}}},
	})
	want := Summary{
		Handovers: 4, Undone: 1, Why: map[string]int{"the budget": 1}, Failed: 5, FailedUndone: 2,
		Errors: map[bank.Class]int64{bank.Guarded: 3, bank.Deadlock: 1},
		Pause:  Quantiles{0.2, 0.3, 0.3}, Waited: Quantiles{0.05, 0.15, 0.15},
		Steps: []StepSummary{{Step: "arm", Quantiles: Quantiles{8, 9, 9}}, {Step: "fence", Quantiles: Quantiles{0.03, 0.03, 0.03}, Share: 0.75},
			{Step: "carry", Quantiles: Quantiles{0.01, 0.01, 0.01}, Share: 0.25}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := Summarise(nil); got.Handovers != 0 || got.Pause.Max != 0 {
		t.Errorf("of nothing: %+v", got)
	}
	if got := StepName("orders/gates"); got != "gates" {
		t.Errorf("a step is called %s", got)
	}
}
