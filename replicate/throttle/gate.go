package throttle

// How often a measure must be above the limit to pause, and how often well below
// to go on.
const (
	toPause = 2
	toGoOn  = 3
	// well is the part of the limit that is well below it.
	well = 0.8
)

// gate turns measures into a decision that does not flap.
type gate struct {
	limit float64
	over  bool
	// streak counts the measures in a row that speak for the other side.
	streak int
}

func (g *gate) add(value float64) {
	against, needed := value > g.limit, toPause
	if g.over {
		against, needed = value <= g.limit*well, toGoOn
	}
	if !against {
		g.streak = 0
		return
	}
	if g.streak++; g.streak == needed {
		g.over, g.streak = !g.over, 0
	}
}

// clear forgets everything: there is no measure.
func (g *gate) clear() { g.over, g.streak = false, 0 }
