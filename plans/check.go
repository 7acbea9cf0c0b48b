package plans

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// namePattern is the shape of the names that become ids of steps.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// check looks at what must be there, and at what each value by itself may be.
func (p *Plan) check() {
	s := p.source
	switch {
	case p.Version == 0:
		s.missing("version", "write version: 1 as the first line")
	case p.Version != 1:
		s.add(s.finding(ruleBadValue, "version", fmt.Sprintf("version %d is not one this tandem reads", p.Version), "write version: 1, or use a newer tandem"))
	}
	s.name("name", p.Name, "give the plan a short name, such as name: courier-to-aurora")
	if len(p.Stages) == 0 {
		s.missing("stages", `list the stages, such as stages: [{name: all, handover: ["*"]}]`)
	}
	p.Defaults.check(s, "defaults", nil)
	if r := p.Rehearse; r != nil && r.Load != nil {
		s.command("rehearse.load.command", r.Load.Command)
	}
	for i := range p.Stages {
		stage, at := &p.Stages[i], fmt.Sprintf("stages[%d]", i)
		s.name(at+".name", stage.Name, "give the stage a short name; it is what rollback --stage takes")
		if len(stage.Handover) == 0 {
			s.missing(at+".handover", `list the groups of the stage, such as handover: [reports], or "*" for all that no other stage names`)
		}
		stage.Terms.check(s, at, func(key string) bool { return s.inherited(i, key) })
	}
}

// inherited tells whether a key of a stage came from the defaults, which have
// been looked at already.
func (s *source) inherited(i int, key string) bool {
	_, yes := s.aliases[stagePath(i, key)]
	return yes
}

func (s *source) missing(path, hint string) {
	if !s.failed(path) {
		s.add(s.keyFinding(ruleMissingKey, path, "is missing", hint))
	}
}

func (s *source) name(path, name, hint string) {
	switch {
	case name == "":
		s.missing(path, hint)
	case !namePattern.MatchString(name):
		s.add(s.finding(ruleBadValue, path, fmt.Sprintf("%q is not a name here", name), "write up to 32 small letters, digits, _ and -, a letter first"))
	}
}

// checkName looks at the name of a check, which may be left out.
func (s *source) checkName(path, name string) {
	if name != "" {
		s.name(path, name, "")
	}
}

func (t *Terms) check(s *source, at string, skip func(key string) bool) {
	mine := func(key string) bool { return skip == nil || !skip(key) }
	if mine("gates") && t.Gates != nil {
		t.Gates.check(s, at+".gates")
	}
	if mine("snapshot") && t.Snapshot != nil {
		t.Snapshot.check(s, at+".snapshot")
	}
	if l := t.LongTransactions; mine("long_transactions") && l != nil {
		if l.After == 0 {
			s.missing(at+".long_transactions.after", "say how old a transaction is that counts as long: after: 5s")
		}
		if l.Then == "" {
			s.missing(at+".long_transactions.then", "write then: wait, or then: kill")
		}
	}
	if mine("fence") && t.Fence != nil {
		t.Fence.check(s, at+".fence")
	}
	if mine("traffic") {
		for i, a := range t.Traffic {
			here := fmt.Sprintf("%s.traffic[%d]", at, i)
			switch {
			case a.Exec != nil && a.HTTP != nil:
				s.add(s.keyFinding(ruleBadValue, here+".http", "exec and http exclude each other", "make two entries of them; they run one after the other"))
			case a.DNS != nil && (a.Exec != nil || a.HTTP != nil):
				s.add(s.keyFinding(ruleBadValue, here+".dns", "dns excludes exec and http", "make two entries of them; they run one after the other"))
			case a.Exec == nil && a.HTTP == nil && a.DNS == nil:
				s.missing(here, "write exec:, http: or dns:")
			}
			a.DNS.check(s, here+".dns")
			a.Exec.check(s, here+".exec")
			a.HTTP.check(s, here+".http")
			if a.Exec != nil {
				s.checkName(here+".exec.name", a.Exec.Name)
			}
			if a.HTTP != nil {
				s.checkName(here+".http.name", a.HTTP.Name)
			}
		}
	}
	if mine("bake") && t.Bake != nil && t.Bake.RollbackIf != nil {
		r, here := t.Bake.RollbackIf, at+".bake.rollback_if"
		if r.Lag != nil && r.Lag.Above == 0 {
			s.missing(here+".lag.above", "write how far the way back may be behind, such as above: 30s")
		}
		checks(s, here, r.SQL, r.Exec, r.HTTP)
	}
}

func (g *Gates) check(s *source, at string) {
	if g.Lag != nil && g.Lag.Below == 0 {
		s.missing(at+".lag.below", "write how far behind is near enough, such as below: 1s")
	}
	if g.Parity != nil && g.Parity.Within == 0 {
		s.missing(at+".parity.within", "write how old the proof may be, such as within: 10m")
	}
	if g.Reverse != nil && !g.Reverse.Canary && g.Reverse.Below == 0 {
		s.missing(at+".reverse.canary", "write canary: true; it proves the way back")
	}
	if g.Retention != nil && g.Retention.Above == 0 {
		s.missing(at+".retention.above", "write how long binlogs must still be kept, such as above: 24h")
	}
	checks(s, at, g.SQL, g.Exec, g.HTTP)
}

func checks(s *source, at string, sqls []SQLCheck, execs []Exec, https []HTTP) {
	for i, q := range sqls {
		here := fmt.Sprintf("%s.sql[%d]", at, i)
		s.checkName(here+".name", q.Name)
		if q.Query == "" {
			s.missing(here+".query", "write the question, such as query: SELECT COUNT(*) FROM courier.batch WHERE open")
		}
		if q.Expect == "" {
			s.missing(here+".expect", `write the answer that lets through, such as expect: "0"`)
		}
		if q.Side == "" {
			s.missing(here+".side", "write side: source or side: target")
		}
	}
	for i := range execs {
		here := fmt.Sprintf("%s.exec[%d]", at, i)
		s.checkName(here+".name", execs[i].Name)
		execs[i].check(s, here)
	}
	for i := range https {
		here := fmt.Sprintf("%s.http[%d]", at, i)
		s.checkName(here+".name", https[i].Name)
		https[i].check(s, here)
	}
}

func (e *Exec) check(s *source, at string) {
	if e == nil {
		return
	}
	s.command(at+".command", e.Command)
}

// command looks at a program and its arguments.
func (s *source) command(path string, command []string) {
	switch {
	case len(command) == 0:
		s.missing(path, "write the program and its arguments as a list: [./switch, prod]")
	case strings.TrimSpace(command[0]) == "":
		s.add(s.finding(ruleBadValue, path, "the program has no name", ""))
	case len(command) == 1 && strings.Contains(command[0], " "):
		s.add(s.finding(ruleBadValue, path, "a program with blanks in its name", `no shell is used; write the arguments apart: [./switch, prod], or [sh, -c, "…"]`))
	}
}

func (h *HTTP) check(s *source, at string) {
	if h == nil {
		return
	}
	switch u, err := url.Parse(h.URL); {
	case h.URL == "":
		s.missing(at+".url", "write where the request goes")
	case err != nil:
		// The parser's own message repeats the URL, which may hold a password.
		s.add(s.finding(ruleBadValue, at+".url", "this is not a URL", "write one such as https://switch.example.com/writers"))
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		s.add(s.finding(ruleBadValue, at+".url", "a URL with http or https and a host is needed", "write one such as https://switch.example.com/writers"))
	}
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
	if h.Method != "" && !slices.Contains(methods, h.Method) {
		s.add(s.finding(ruleBadValue, at+".method", fmt.Sprintf("%q is not one of %s", h.Method, strings.Join(methods, ", ")), ""))
	}
	if h.Status != 0 && (h.Status < 100 || h.Status > 599) {
		s.add(s.finding(ruleBadValue, at+".status", fmt.Sprintf("%d is not a status", h.Status), "write one from 100 to 599"))
	}
}

func (f *Fence) check(s *source, at string) {
	if f.Exec != nil {
		s.command(at+".exec.command", f.Exec.Command)
	}
	if p := f.ProveAs; p != nil {
		if p.User == "" {
			s.missing(at+".prove_as.user", "write the name of a user that the application writes as")
		}
		if p.PasswordEnv == "" && p.PasswordFile == "" {
			s.missing(at+".prove_as.password_env", "write the variable that holds the password, or password_file:")
		}
		if p.PasswordEnv != "" && p.PasswordFile != "" {
			s.add(s.keyFinding(ruleBadValue, at+".prove_as.password_file", "password_env and password_file exclude each other", "keep one of the two"))
		}
	}
}
