package cutover

import "testing"

// TestThereAndBack hands over and back under load: nothing is lost, nothing is
// there twice, and the application sees nothing but the guard's message.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{gates: ", parity: {within: 10m}, reverse: {canary: true}"})
	w.writes(0)
	w.run(knobs{}).want(0)
	w.writes(1)
	w.live(knobs{}, "rollback", "--confirm=bank").want(0)
	w.writes(0)
	w.live(knobs{}, "rollback", "--confirm=bank").want(1) // there is nothing to bring back
	w.live(knobs{}, "plan", "repair").want(0)
	w.live(knobs{}, "plan", "finish", "--confirm=bank").want(0)
	w.judge()
}
