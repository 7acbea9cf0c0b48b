package schemadiff

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// accountOf returns the account of the target that stands in for one of the
// source, empty if there is none on purpose.
func (p *pair) accountOf(source string) string {
	if p.turned {
		return p.accountBehind(source)
	}
	to, mapped := p.config.Accounts[source]
	if mapped {
		return withHost(to, source)
	}
	if to, mapped = p.config.Accounts[userOf(source)]; mapped {
		return withHost(to, source)
	}
	return source
}

// accountBehind returns the account of the real source for which one of the real
// target stands in.
func (p *pair) accountBehind(target string) string {
	for _, from := range slices.Sorted(maps.Keys(p.config.Accounts)) {
		to := p.config.Accounts[from]
		if to != "" && (to == target || withHost(to, target) == target) {
			return withHost(from, target)
		}
	}
	return target
}

// withHost gives a user without a host that of another account.
func withHost(user, of string) string {
	if user == "" || strings.Contains(user, "@") {
		return user
	}
	return user + of[strings.LastIndexByte(of, '@'):]
}

func userOf(account string) string {
	return account[:max(0, strings.LastIndexByte(account, '@'))]
}

// isMapped tells whether somebody has named the account of the source.
func (p *pair) isMapped(source string) bool {
	_, exact := p.config.Accounts[source]
	_, user := p.config.Accounts[userOf(source)]
	return exact || user
}

// leftOut tells whether an account is not compared.
func (p *pair) leftOut(s *side, a *account) bool {
	return isSystem(a.user) || a.name == s.user ||
		slices.Contains(p.config.IgnoreUsers, a.user) || slices.Contains(p.config.IgnoreUsers, a.name)
}

func (p *pair) loadAccounts(ctx context.Context) error {
	for _, s := range []*side{p.source, p.target} {
		if err := s.loadAccounts(ctx); err != nil {
			return err
		}
	}
	return nil
}

// compareAccounts compares who may log in, and what each may do.
func (p *pair) compareAccounts(ctx context.Context) error {
	for _, s := range []*side{p.source, p.target} {
		if s.accounts.unreadable != "" {
			p.add(Finding{ID: "accounts-unread", Severity: Warn, Kind: Account, Object: s.name, Unchecked: true,
				What: "users and grants could not be compared: " + s.accounts.unreadable})
			return nil
		}
	}
	wanted := map[string]bool{}
	for _, name := range sorted(p.source.accounts.all) {
		a := p.source.accounts.all[name]
		to := p.accountOf(name)
		wanted[to] = true
		if to == "" || p.leftOut(p.source, a) && !p.isMapped(name) {
			continue
		}
		if err := p.compareAccount(ctx, a, to); err != nil {
			return err
		}
	}
	for _, name := range sorted(p.target.accounts.all) {
		b := p.target.accounts.all[name]
		if wanted[name] || p.leftOut(p.target, b) {
			continue
		}
		p.add(Finding{ID: "account-extra", Severity: Warn, Kind: Account, Object: name,
			What: "the target has an account that the source has not", Target: b.text(),
			Fix: []string{"DROP USER " + quoteAccount(name)}})
	}
	return nil
}

func sorted(m map[string]*account) []string {
	all := make([]string, 0, len(m))
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func (a *account) text() string {
	s := "account"
	if a.role {
		s = "role"
	}
	if a.locked && !a.role {
		s += ", locked"
	}
	return s
}

// compareAccount compares one account with the target's of that name.
func (p *pair) compareAccount(ctx context.Context, a *account, to string) error {
	if err := p.source.loadGrants(ctx, a); err != nil {
		return err
	}
	b := p.target.accounts.all[to]
	if b == nil {
		p.add(p.missingAccount(a, to))
		return nil
	}
	if err := p.target.loadGrants(ctx, b); err != nil {
		return err
	}
	f := Finding{Kind: Account, Object: a.label(to)}
	if a.plugin != b.plugin {
		f := f
		f.ID, f.Severity, f.What = "account-plugin", Info, "the account logs in by another method: its password may have to be set anew"
		f.Source, f.Target = a.plugin, b.plugin
		p.add(f)
	}
	if a.locked != b.locked && !a.role && !b.role {
		f := f
		f.ID, f.Severity, f.What = "account-locked", Info, "the account is locked on one side only"
		f.Source, f.Target = a.text(), b.text()
		p.add(f)
	}
	if x, y := strings.Join(p.accountsOf(a.granted), ", "), strings.Join(userRoles(b.granted), ", "); x != y && p.source.accounts.roles {
		f.ID, f.Severity, f.What = "account-roles", Info, "the account has other roles; what they give is compared besides"
		f.Source, f.Target = x, y
		p.add(f)
	}
	p.compareGrants(a, b)
	return nil
}

// label names an account, with that of the target where it is another.
func (a *account) label(to string) string {
	if to == a.name {
		return a.name
	}
	return a.name + " -> " + to
}

// accountsOf maps roles, without those of a cloud.
func (p *pair) accountsOf(roles []string) []string {
	var all []string
	for _, r := range userRoles(roles) {
		all = append(all, p.accountOf(r))
	}
	slices.Sort(all)
	return all
}

func userRoles(roles []string) []string {
	var all []string
	for _, r := range roles {
		if !isSystem(userOf(r)) {
			all = append(all, r)
		}
	}
	slices.Sort(all)
	return all
}

// missingAccount is the finding about an account that the target lacks. Nobody
// here knows its password, so it is made in a way that lets nobody in.
func (p *pair) missingAccount(a *account, to string) Finding {
	f := Finding{ID: "account-missing", Severity: Mismatch, Kind: Account, Object: a.label(to),
		What:   "the account is not on the target; the statements make it locked, for its password is not known: ALTER USER ... IDENTIFIED BY ... ACCOUNT UNLOCK",
		Source: a.text(), Fix: []string{"CREATE USER " + quoteAccount(to) + " ACCOUNT LOCK"}}
	switch {
	case a.role && p.target.accounts.roles:
		f.What, f.Fix = "the role is not on the target", []string{"CREATE ROLE " + quoteAccount(to)}
	case !p.target.atLeast(5, 7, 6):
		f.What, f.Fix = "the account is not on the target: create it with a password of its own", nil
		return f
	}
	for _, object := range a.privileges.objects(nil) {
		if !p.grantInScope(object) {
			continue
		}
		f.Fix = append(f.Fix, grantFix(a.privileges.minus(nil, object), object, to)...)
	}
	return f
}
