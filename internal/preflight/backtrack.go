package preflight

import "context"

// checkBacktrack warns of what would rewind a database under the links.
func checkBacktrack(_ context.Context, _ *state, v *server) ([]Finding, error) {
	c := v.cluster()
	if c == nil {
		return none(notAurora)
	}
	if c.BacktrackWindow == 0 {
		return nil, nil
	}
	return one(Info, "the cluster can be rewound by Backtrack: whoever does that takes rows back behind tandem's back, and everything is copied again",
		"the backtrack window is "+c.BacktrackWindow.String(), "leave Backtrack alone until the migration is finished; tandem rollback is the way back")
}
