package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tandem/internal/sandbox"
)

// contender is one that takes part in a race: run does the work and measures.
type contender struct {
	name string
	run  func(ctx context.Context) (Measure, error)
	// lossy is set for programs of others that are known not to be exact.
	lossy bool
}

// errSkipped says that a contender cannot take part.
var errSkipped = errors.New("skipped")

// judge notes in a measure whether both sides are equal.
func judge(ctx context.Context, source, target *sandbox.Server, m *Measure) error {
	verdict, err := sandbox.Compare(ctx, source, target, []string{database})
	if err != nil {
		return err
	}
	if !verdict.Equal {
		m.Difference = verdict.String()
	}
	return nil
}

// rounds runs all contenders one after the other, as often as asked for.
func (l *lab) rounds(ctx context.Context, race *Race, contenders []contender) error {
	contenders = slices.DeleteFunc(contenders, func(c contender) bool { return !l.takesPart(race.Name, c.name) })
	race.Results = make([]Result, len(contenders))
	for n, c := range contenders {
		race.Results[n].Contender = c.name
	}
	defer race.finish()
	for round := range l.opts.Rounds {
		// Somebody else begins each round, so that nobody always comes first.
		for turn := range contenders {
			n := (turn + round) % len(contenders)
			c, result := contenders[n], &race.Results[n]
			if result.Skipped != "" {
				continue
			}
			m, err := c.run(ctx)
			// That a program of others is missing, or fails, is not our failure.
			if err != nil && ctx.Err() == nil && (c.lossy || errors.Is(err, errSkipped)) {
				result.Skipped = err.Error()
				l.say("%s: %s: %v", race.Name, c.name, err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %s: %w", race.Name, c.name, err)
			}
			l.say("%s: %s: %.2f s (round %d of %d)", race.Name, c.name, m.Seconds, round+1, l.opts.Rounds)
			if m.Difference != "" && !c.lossy {
				return fmt.Errorf("%s: %s is done, but the target is not equal: %s", race.Name, c.name, m.Difference)
			}
			result.Rounds = append(result.Rounds, m)
		}
	}
	return nil
}

// takesPart tells whether a contender is in a race. The first race has all that
// apply; the others have those that are hardest to beat, to save time.
func (l *lab) takesPart(race, contender string) bool {
	if contender == contenderTandem {
		return true
	}
	if len(l.opts.Against) > 0 {
		return slices.Contains(l.opts.Against, contender)
	}
	switch contender {
	case "native-4", "native-best", contenderMydumper, contenderChecksum, contenderCRC, contenderStream, contenderServer:
		return true
	case contenderMysqldump:
		return false
	default:
		return race == shapes()[0].name
	}
}
