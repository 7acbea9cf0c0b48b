package plans

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/config"
	"tandem/internal/suggest"
)

// groups looks at what is handed over: against tandem.yaml, and against the
// tables that the source has.
func (l *linter) groups(ctx context.Context, around Surroundings, r *Report) error {
	l.twice()
	if around.Config == nil {
		r.Skipped = append(r.Skipped, Skipped{checkGroups, around.WhyNot}, Skipped{checkTables, around.WhyNot})
		return nil
	}
	names := GroupNames(around.Config)
	l.unknown(names)
	var m *Membership
	if around.Tables == nil {
		r.Skipped = append(r.Skipped, Skipped{checkTables, around.WhyNot})
	} else {
		tables, err := around.Tables.Tables(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			r.Skipped = append(r.Skipped, Skipped{checkTables, err.Error()})
		default:
			made := NewMembership(around.Config.Groups, tables)
			m = &made
			l.tables(made)
		}
	}
	l.nowhere(names, m)
	return nil
}

// twice reports groups that are handed over more than once.
func (l *linter) twice() {
	first := map[string]string{}
	for i, s := range l.plan.Stages {
		for j, g := range s.Handover {
			path := fmt.Sprintf("%s[%d]", stagePath(i, "handover"), j)
			at, twice := first[g]
			switch {
			case g == "":
			case !twice:
				first[g] = path
			case g == Rest:
				l.report(ruleUnreachableStage, path, fmt.Sprintf("what is left has been handed over on line %d: nothing remains", l.plan.At(at).Line), `write "*" in one stage only`)
			default:
				l.report(ruleGroupTwice, path, fmt.Sprintf("group %s is handed over on line %d already", g, l.plan.At(at).Line), "a group is in one stage only")
			}
		}
	}
}

func (l *linter) unknown(names []string) {
	for i, s := range l.plan.Stages {
		for j, g := range s.Handover {
			if g == "" || g == Rest || slices.Contains(names, g) {
				continue
			}
			hint := "the groups of tandem.yaml are " + strings.Join(names, ", ")
			if near := suggest.Nearest(g, names); near != "" {
				hint = "did you mean " + near + "?"
			} else if strings.Contains(g, ".") {
				hint = "a stage hands over groups, not tables; " + hint
			}
			l.report(ruleUnknownGroup, fmt.Sprintf("%s[%d]", stagePath(i, "handover"), j), fmt.Sprintf("tandem.yaml has no group %q", g), hint)
		}
	}
}

// nowhere reports groups that stay where they are, and stages that have
// nothing to hand over.
func (l *linter) nowhere(names []string, m *Membership) {
	if len(l.plan.Stages) == 0 {
		return
	}
	handed := l.plan.Handover(names)
	for _, g := range names {
		empty := m != nil && len(m.Groups[g]) == 0
		in := slices.ContainsFunc(handed, func(list []string) bool { return slices.Contains(list, g) })
		if !in && !empty {
			l.reportKey(ruleGroupNowhere, "stages", fmt.Sprintf("no stage hands over group %s, so it stays with the source", g), `put it into a stage, or "*" into the last one`)
		}
	}
	for i, list := range handed {
		some := false
		for _, g := range list {
			if m == nil || len(m.Groups[g]) > 0 {
				some = true
				continue
			}
			named := slices.Index(l.plan.Stages[i].Handover, g)
			if named < 0 || g != config.DefaultGroup && !slices.Contains(names, g) {
				continue // through "*", or unknown
			}
			l.report(ruleEmptyGroup, fmt.Sprintf("%s[%d]", stagePath(i, "handover"), named), fmt.Sprintf("group %s has no table on the source", g), "tandem config show prints its patterns")
		}
		if !some && slices.Contains(l.plan.Stages[i].Handover, Rest) && len(l.plan.Stages[i].Handover) == 1 && !l.restTwice(i) {
			l.report(ruleUnreachableStage, stagePath(i, "handover"), "every group is named by another stage: nothing is left for this one", "take the stage out")
		}
	}
}

// restTwice tells whether an earlier stage has taken what is left.
func (l *linter) restTwice(i int) bool {
	return slices.ContainsFunc(l.plan.Stages[:i], func(s Stage) bool { return slices.Contains(s.Handover, Rest) })
}

// tables looks at the groups as the source's tables make them.
func (l *linter) tables(m Membership) {
	for _, c := range m.clashes {
		l.report(ruleTableTwice, l.where(c.groups...), fmt.Sprintf("table %s is in the groups %s", c.table, strings.Join(c.groups, " and ")),
			"a table is in one group only: change groups: in tandem.yaml")
	}
	for _, f := range m.Leaving() {
		l.report(ruleGroupNotClosed, l.where(f.ChildGroup, f.ParentGroup), fmt.Sprintf("group %s is not closed: %s", f.ChildGroup, f),
			fmt.Sprintf("tables that foreign keys tie hand over together: put %s and %s into one group in tandem.yaml", f.Child, f.Parent))
	}
}

// where returns the place in the plan that hands over one of the groups.
func (l *linter) where(groups ...string) string {
	for _, g := range groups {
		for i, s := range l.plan.Stages {
			if j := slices.Index(s.Handover, g); j >= 0 {
				return fmt.Sprintf("%s[%d]", stagePath(i, "handover"), j)
			}
		}
	}
	for i, s := range l.plan.Stages {
		if j := slices.Index(s.Handover, Rest); j >= 0 {
			return fmt.Sprintf("%s[%d]", stagePath(i, "handover"), j)
		}
	}
	return "stages"
}
