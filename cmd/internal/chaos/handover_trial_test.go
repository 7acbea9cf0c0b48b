package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"tandem/internal/ownership"
)

// trial is one handover, or one rollback, in which something dies at one point.
type trial struct {
	world  *world
	from   ownership.Side
	behind string
	point  string
	victim victim
	random *rand.Rand

	life    *life
	before  ownership.Record
	outcome string
}

func (c *trial) name() string {
	what := "handover"
	if c.from == ownership.Target {
		what = "rollback"
	}
	at := c.point
	if c.behind != "" {
		at += " behind " + strings.TrimPrefix(c.behind, "link: ")
	}
	return fmt.Sprintf("%s, %s at %s", what, c.victim.name, at)
}

// verb is what begins the handover.
func (c *trial) verb() []string {
	if c.from == ownership.Target {
		return []string{"rollback", "--confirm=bank"}
	}
	return []string{"plan", "run", "--unrehearsed", "--confirm=bank"}
}

// run does it, brings back what died, types what tandem says, and looks what has
// become of it all.
func (c *trial) run() (err error) {
	w := c.world
	defer func() {
		if err != nil && c.life != nil {
			err = fmt.Errorf("%w\n%s\nthe runner said: %s\nthe daemon said: %s", err, w.told(), c.life.said(3000), w.current().said(3000))
		}
	}()
	if err := w.at(c.from); err != nil {
		return fmt.Errorf("before: %w", err)
	}
	if err := w.writes(c.from); err != nil {
		return fmt.Errorf("before: %w", err)
	}
	if c.before, err = w.agreed(); err != nil {
		return fmt.Errorf("before: %w", err)
	}
	w.bank.Mark()
	for _, p := range w.probes {
		p.mark()
	}
	mended := make(chan error, 1)
	began := make(chan struct{})
	var struck, whole time.Time
	trap := w.calls.arm(c.behind, c.point, func() {
		<-began
		struck = time.Now()
		mend := c.victim.strike(c)
		if mend == nil {
			mended <- nil
			return
		}
		go func() { mended <- mend() }()
	})
	c.life = w.start(c.verb()...)
	close(began)
	code, err := w.end(c.life)
	heard := w.calls.disarm()
	if err != nil {
		return err
	}
	if !trap.done() {
		return fmt.Errorf("it never came to %s; it came to %s", c.point, strings.Join(slices.Compact(heard), ", "))
	}
	if err := <-mended; err != nil {
		return fmt.Errorf("bring back: %w", err)
	}
	whole = time.Now()
	if err := c.settle(code); err != nil {
		return err
	}
	return c.judge(whole.Sub(struck))
}

var claim = regexp.MustCompile(`applications write on the (source|target)`)

// settle types what tandem says until nothing is unfinished.
func (c *trial) settle(code int) error {
	w := c.world
	for range 8 {
		if err := c.truthful(code); err != nil {
			return err
		}
		report, err := c.repair()
		if err != nil {
			return err
		}
		if report.Run == "" {
			return nil
		}
		next := slices.DeleteFunc(slices.Clone(report.Next), func(s string) bool {
			switch {
			case strings.HasPrefix(s, "tandem replicate"): // it is supervised
			case strings.HasPrefix(s, "tandem plan resume"):
				return false
			case strings.HasPrefix(s, "tandem plan abort"):
				return report.owner() != c.from
			case strings.HasPrefix(s, "tandem rollback"):
				return true // as a trial of its own
			}
			return true
		})
		if len(next) == 0 {
			return fmt.Errorf("run %s has not ended, and tandem plan repair does not say what to type: %q", report.Run, report.Next)
		}
		args := []string{"plan", strings.Fields(next[c.random.IntN(len(next))])[2], "--confirm=bank"}
		c.life = w.start(args...)
		if code, err = w.end(c.life); err != nil {
			return err
		}
	}
	return errors.New("it does not come to an end")
}

// truthful holds what a verb has said at its end against what the databases say.
func (c *trial) truthful(code int) error {
	now, err := c.world.agreed()
	if err != nil {
		return err
	}
	if list := claim.FindAllStringSubmatch(c.life.said(1500), -1); code == 4 && len(list) > 0 && list[len(list)-1][1] != string(now.Owner) {
		return fmt.Errorf("it says that applications write on the %s, and they write on the %s", list[len(list)-1][1], now.Owner)
	}
	switch {
	case code == 4 && now.Owner != c.from:
		return fmt.Errorf("exit code 4, undone, and the %s owns the tables", now.Owner)
	case code == 6 && !strings.Contains(c.life.said(3000), "plan repair"):
		return errors.New("exit code 6 without what to type")
	case code != killedBySignal && !slices.Contains([]int{0, 1, 4, 6, 10, 11, 12}, code):
		return fmt.Errorf("exit code %d", code)
	case code == 1 && strings.Contains(c.life.said(3000), "panic"):
		return errors.New("a panic")
	}
	return nil
}

// repairReport is what the tests read of tandem plan repair's.
type repairReport struct {
	Groups []struct {
		Owner   ownership.Side `json:"owner"`
		Known   bool           `json:"known"`
		Arrived bool           `json:"arrived"`
	} `json:"groups"`
	Run  string   `json:"unfinished_run"`
	Next []string `json:"next"`
}

func (r repairReport) owner() ownership.Side { return r.Groups[0].Owner }

// repair asks what is true, and holds it against the databases.
func (c *trial) repair() (repairReport, error) {
	l := c.world.start("plan", "repair", "-o", "json")
	code, err := c.world.end(l)
	if err == nil && code != 0 {
		err = fmt.Errorf("tandem plan repair: exit code %d: %s", code, l.said(3000))
	}
	var report repairReport
	if err == nil {
		err = l.decode(&report)
	}
	if err != nil {
		return report, err
	}
	now, err := c.world.agreed()
	if err == nil && (len(report.Groups) != 1 || !report.Groups[0].Known || report.owner() != now.Owner) {
		err = fmt.Errorf("tandem plan repair says %+v, the owner is %s", report.Groups, now.Owner)
	}
	return report, err
}

// slack is what a loaded machine may add to the time in which nobody can write:
// links connect again within five seconds, servers and programs take a while to
// start.
const slack = 8 * time.Second

// judge looks at what has become of it.
func (c *trial) judge(away time.Duration) error {
	w := c.world
	after, err := w.agreed()
	if err != nil {
		return err
	}
	switch {
	case after.Epoch == c.before.Epoch && after.Owner == c.from:
		c.outcome = "undone"
	case after.Epoch == c.before.Epoch+1 && after.Owner == c.from.Opposite():
		c.outcome = "done"
	default:
		return fmt.Errorf("from %+v to %+v", c.before, after)
	}
	if err := w.writes(after.Owner); err != nil {
		return err
	}
	seen := w.bank.Since()
	if c.outcome == "undone" {
		if n := seen.BySide[string(c.from.Opposite())]; n > 0 {
			return fmt.Errorf("it was undone, and the application has written %d times on the %s", n, c.from.Opposite())
		}
		if seen.Failed() > 0 && !c.victim.hurts {
			return fmt.Errorf("it was undone, and the application has seen errors: %v", seen.Errors)
		}
	}
	old, new := w.probes[0], w.probes[1]
	if c.from == ownership.Target {
		old, new = new, old
	}
	if err := both(old, new); err != nil {
		return err
	}
	w.worst = max(w.worst, seen.LongestGap)
	if most := pauseBudget + away + slack; seen.LongestGap > most {
		return fmt.Errorf("nobody could write for %s, more than %s", seen.LongestGap, most)
	}
	if err := w.books(); err != nil {
		return err
	}
	n, err := w.breaches()
	if err == nil && n > 0 {
		err = fmt.Errorf("%d breaches are kept", n)
	}
	return err
}
