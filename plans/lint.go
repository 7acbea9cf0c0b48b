package plans

import (
	"context"
	"fmt"

	"tandem/internal/config"
	"tandem/internal/schema"
)

// Catalog knows the tables that are to be moved, as the source has them.
type Catalog interface {
	Tables(ctx context.Context) ([]*schema.Table, error)
}

// Surroundings are what a plan is looked at against. What is not there can not
// be looked at, and is reported as such.
type Surroundings struct {
	Config *config.Config // tandem.yaml
	Tables Catalog
	// WhyNot says why one of the two is not there.
	WhyNot string
}

// Skipped is a part of lint that was not made. It is no success.
type Skipped struct {
	Check string `json:"check"`
	Why   string `json:"why"`
}

// Report is what lint has found out about one plan.
type Report struct {
	File     string    `json:"file"`
	Findings []Finding `json:"findings"`
	Skipped  []Skipped `json:"skipped,omitempty"`
}

// The parts of lint that need more than the file.
const (
	checkGroups = "groups"
	checkTables = "foreign keys and tables of groups"
)

// linter collects what is wrong with one plan.
type linter struct {
	*source
	plan *Plan
	// hopeless are the stages, by index, that can never be passed.
	hopeless map[int]bool
}

// Lint looks at a plan that has been parsed, and returns what it finds. parsed
// are the findings of [Parse], which become part of the report. The error is
// about the context alone: a source that can not be asked is a check that was
// not made.
func Lint(ctx context.Context, p *Plan, parsed []Finding, around Surroundings) (Report, error) {
	r := Report{File: p.File()}
	l := &linter{source: p.source, plan: p, hopeless: map[int]bool{}}
	l.findings = nil
	l.names()
	for i := range p.Stages {
		l.stage(i)
		l.clouds(i, around)
	}
	l.unreachable()
	if err := l.groups(ctx, around, &r); err != nil {
		return r, err
	}
	r.Findings = l.finish(append(parsed[:len(parsed):len(parsed)], l.findings...))
	return r, nil
}

func (l *linter) report(r Rule, path, message, hint string) {
	l.add(l.finding(r, path, message, hint))
}

func (l *linter) reportKey(r Rule, path, message, hint string) {
	l.add(l.keyFinding(r, path, message, hint))
}

// names reports names that are given twice.
func (l *linter) names() {
	stages := map[string]int{}
	for i, s := range l.plan.Stages {
		if first, twice := stages[s.Name]; twice && s.Name != "" {
			l.report(ruleDuplicateName, stagePath(i, "name"), fmt.Sprintf("a stage on line %d has this name, too", l.plan.At(stagePath(first, "name")).Line), "rollback --stage could not tell them apart")
		} else {
			stages[s.Name] = i
		}
		if s.Gates != nil {
			l.checkNames(stagePath(i, "gates"), s.Gates.SQL, s.Gates.Exec, s.Gates.HTTP)
		}
		l.actionNames(i, s.Traffic)
		if s.Bake != nil && s.Bake.RollbackIf != nil {
			r := s.Bake.RollbackIf
			l.checkNames(stagePath(i, "bake.rollback_if"), r.SQL, r.Exec, r.HTTP)
		}
	}
}

func (l *linter) checkNames(at string, sqls []SQLCheck, execs []Exec, https []HTTP) {
	seen := map[string]string{}
	note := func(kind string, i int, name string) {
		path := fmt.Sprintf("%s.%s[%d].name", at, kind, i)
		if first, twice := seen[name]; twice && name != "" {
			l.report(ruleDuplicateName, path, fmt.Sprintf("the check on line %d has this name, too", l.plan.At(first).Line), "the journal and status tell checks apart by their names")
			return
		}
		seen[name] = path
	}
	for i, c := range sqls {
		note("sql", i, c.Name)
	}
	for i, c := range execs {
		note("exec", i, c.Name)
	}
	for i, c := range https {
		note("http", i, c.Name)
	}
}

func (l *linter) actionNames(i int, actions []Action) {
	seen := map[string]string{}
	for j, a := range actions {
		path, name := fmt.Sprintf("%s[%d].exec.name", stagePath(i, "traffic"), j), ""
		switch {
		case a.Exec != nil:
			name = a.Exec.Name
		case a.HTTP != nil:
			path, name = fmt.Sprintf("%s[%d].http.name", stagePath(i, "traffic"), j), a.HTTP.Name
		case a.DNS != nil:
			path, name = fmt.Sprintf("%s[%d].dns.name", stagePath(i, "traffic"), j), a.DNS.Name
		}
		if first, twice := seen[name]; twice && name != "" {
			l.report(ruleDuplicateName, path, fmt.Sprintf("the action on line %d has this name, too", l.plan.At(first).Line), "the journal and status tell actions apart by their names")
			continue
		}
		seen[name] = path
	}
}

// unreachable reports stages behind one that can never be passed.
func (l *linter) unreachable() {
	for i := range l.plan.Stages {
		if !l.hopeless[i] {
			continue
		}
		for j := i + 1; j < len(l.plan.Stages); j++ {
			l.report(ruleUnreachableStage, stagePath(j, "name"), fmt.Sprintf("is never reached: stage %s before it can not be passed", l.plan.Stages[i].Name), "")
		}
		return
	}
}
