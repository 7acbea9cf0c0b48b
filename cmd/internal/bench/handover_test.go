package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestHandovers hands a bank over and brings it back, with the program, under
// load. TANDEM_HANDOVERS says how often, for a soak.
func TestHandovers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers and the program")
	}
	sandboxtest.Install(t, sandbox.Any)
	rounds := 2
	if text := os.Getenv("TANDEM_HANDOVERS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("TANDEM_HANDOVERS: %v", err)
		}
		rounds = n
	}
	var out, complaint bytes.Buffer
	code := Main([]string{"handover", "--tandem", tandemProgram(t), "--durability", "relaxed", "--buffer-pool", "64",
		"--handovers", strconv.Itoa(rounds), "--clients", "4", "--strain-for", "200ms", "-o", "json"}, &out, &complaint)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, &complaint)
	}
	var report Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	h := report.Handovers
	if h == nil || h.Forward.Handovers < rounds || h.Back.Handovers < h.Forward.Handovers-h.Forward.Undone {
		t.Fatalf("the report is not complete: %s", &out)
	}
	if h.Count.Rows == 0 || !h.Count.OK() || h.Difference != "" {
		t.Errorf("rows: %s, %s", h.Count, h.Difference)
	}
	if h.All.FailedUndone != 0 {
		t.Errorf("%d statements failed in handovers that were undone: %v", h.All.FailedUndone, h.All.Why)
	}
	if h.All.Undone < h.All.Handovers {
		if h.All.Pause.P50 <= 0 || h.All.Waited.P50 <= 0 || len(h.All.Steps) < 8 {
			t.Errorf("nothing was measured: %+v", h.All)
		}
	}
	if h.Guards.With <= 0 || h.Guards.Without <= 0 {
		t.Errorf("guards: %+v", h.Guards)
	}
}
