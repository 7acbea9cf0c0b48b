package throttle

import (
	"strings"
	"testing"
)

// TestGate feeds measures to a gate with the limit 10: each letter says how it
// stood after one, c for calm and o for over.
func TestGate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		measures []float64
		want     string
	}{
		{"one spike", []float64{1, 99, 1, 99, 1}, "ccccc"},
		{"at the limit", []float64{10, 10, 10}, "ccc"},
		{"two above", []float64{11, 11, 11}, "coo"},
		{"back at once", []float64{11, 11, 1, 1, 1}, "coooc"},
		{"not well below", []float64{11, 11, 9, 9, 9, 9, 9}, "coooooo"},
		{"up again", []float64{11, 11, 1, 1, 11, 1, 1, 8}, "coooooo" + "c"},
		{"again over", []float64{11, 11, 1, 1, 1, 11, 11}, "coooc" + "co"},
	} {
		g := gate{limit: 10}
		var got strings.Builder
		for _, m := range tc.measures {
			g.add(m)
			got.WriteByte(map[bool]byte{false: 'c', true: 'o'}[g.over])
		}
		if got.String() != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got.String(), tc.want)
		}
	}
}

func TestNoMeasureIsNoReason(t *testing.T) {
	t.Parallel()
	g := gate{limit: 1}
	g.add(2)
	g.add(2)
	if !g.over {
		t.Fatal("not over")
	}
	g.clear()
	if g.over {
		t.Error("over without a measure")
	}
	g.add(2)
	if g.over {
		t.Error("over after one measure")
	}
}
