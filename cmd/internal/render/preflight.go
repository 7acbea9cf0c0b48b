package render

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Preflight is what tandem preflight found.
type Preflight struct {
	Migration string
	Begun     time.Time
	Took      time.Duration
	Checks    []PreflightCheck
}

// PreflightCheck is one check, with what it found.
type PreflightCheck struct {
	Group, Name string
	// Failed is set where something blocks.
	Failed   bool
	Findings []PreflightFinding
}

// PreflightFinding is one finding.
type PreflightFinding struct{ Severity, Side, What, Evidence, Fix string }

// PreflightJUnit writes a suite for each group and a case for each check. What
// blocks is a failure. Warnings pass, and are the output of their case, as is what
// does not apply.
func PreflightJUnit(w io.Writer, p *Preflight) error {
	all := junitSuites{Name: "tandem preflight: " + p.Migration, Time: seconds(p.Took)}
	at := map[string]int{}
	for i := range p.Checks {
		c := &p.Checks[i]
		n, ok := at[c.Group]
		if !ok {
			n = len(all.Suites)
			at[c.Group] = n
			all.Suites = append(all.Suites, junitSuite{
				Name: c.Group, Timestamp: p.Begun.UTC().Format("2006-01-02T15:04:05"), Time: seconds(0),
				Properties: []junitProperty{{"migration", p.Migration}},
			})
		}
		all.Suites[n].add(c.junit(), 0)
	}
	return all.write(w)
}

func (c *PreflightCheck) junit() junitCase {
	j := junitCase{Name: c.Name, Classname: c.Group, Time: seconds(0)}
	var b strings.Builder
	first := ""
	for _, f := range c.Findings {
		side := "on the " + f.Side
		if f.Side == "both" {
			side = "on both sides"
		}
		fmt.Fprintf(&b, "%s: %s (%s)\n", f.Severity, line(f.What), side)
		for _, detail := range []struct{ name, text string }{{"seen", f.Evidence}, {"fix", f.Fix}} {
			if detail.text != "" {
				fmt.Fprintf(&b, "    %-5s%s\n", detail.name, line(detail.text))
			}
		}
		if f.Severity == "block" && first == "" {
			first = f.What
		}
	}
	if c.Failed {
		j.Failure = &junitResult{Message: c.Name + ": " + line(first), Type: "block", Text: b.String()}
	} else {
		j.Output = b.String()
	}
	return j
}
