package fencing

import (
	"context"
	"fmt"
	"slices"
)

// grantFence takes away the rights to write the groups, and ends the accounts'
// sessions: what a session was let in with, it partly keeps.
type grantFence struct{ request *Request }

func (f *grantFence) survey(ctx context.Context, s *session) (Undo, error) {
	found, _, err := s.accounts(ctx, Grants, f.request.Grants)
	if err != nil {
		return Undo{}, err
	}
	if err := s.mayEndSessions(ctx, Grants); err != nil {
		return Undo{}, err
	}
	return f.standing(ctx, s, found)
}

// standing finds every right, and every role, with which the accounts can write
// the groups now.
func (f *grantFence) standing(ctx context.Context, s *session, accounts []Account) (Undo, error) {
	sc, err := s.scopeOf(ctx, f.request.Tables)
	if err != nil {
		return Undo{}, err
	}
	partial, err := s.partialRevokes(ctx)
	if err != nil {
		return Undo{}, err
	}
	roles, err := s.loadRoles(ctx)
	if err != nil {
		return Undo{}, err
	}
	var u Undo
	for _, a := range accounts {
		r, err := s.rightsOf(ctx, a)
		if err != nil {
			return Undo{}, err
		}
		for _, p := range r.single {
			if !sc.has(&p) {
				continue
			}
			if p.Level == OnDatabase {
				if err := s.onlyScope(ctx, sc, a, p.Schema); err != nil {
					return Undo{}, err
				}
			}
			u.Privileges = append(u.Privileges, p)
		}
		global, err := s.globals(ctx, sc, a, r, partial)
		if err != nil {
			return Undo{}, err
		}
		u.Privileges = append(u.Privileges, global...)
		held, err := s.writingRoles(ctx, roles, sc, a)
		if err != nil {
			return Undo{}, err
		}
		u.Roles = append(u.Roles, held...)
	}
	return u, nil
}

// globals are the rights on everything that must be taken out of the groups'
// databases, which only works where the server knows partial revokes.
func (s *session) globals(ctx context.Context, sc *scope, a Account, r rights, partial bool) ([]Privilege, error) {
	var out []Privilege
	for _, name := range r.global {
		if !slices.Contains(writing(), name) {
			continue
		}
		if name == "EXECUTE" {
			// It writes nothing where no routine has other rights than its caller.
			some, err := s.definerRoutines(ctx, sc)
			if err != nil {
				return nil, err
			}
			if !some {
				continue
			}
		}
		for _, db := range sc.schemas {
			p := Privilege{Account: a, Level: OnRestricted, Schema: db, Name: name}
			if slices.Contains(r.restricted, p) {
				continue
			}
			if !partial {
				return nil, &RefusedError{Kind: Grants,
					Why:  fmt.Sprintf("%s has %s on *.*, which can not be taken away from single databases", a, name),
					What: "grant it on databases or tables instead, turn partial_revokes on (MySQL 8.0.16 or later), or use another fence"}
			}
			if err := s.onlyScope(ctx, sc, a, db); err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
}

func (s *session) partialRevokes(ctx context.Context) (bool, error) {
	if !s.facts.Version.AtLeast(8, 0, 16) {
		return false, nil
	}
	var on bool
	if err := s.QueryRowContext(ctx, "SELECT @@GLOBAL.partial_revokes").Scan(&on); err != nil {
		return false, fmt.Errorf("read partial_revokes: %w", err)
	}
	return on, nil
}

// definerRoutines tells whether a routine of the groups' databases runs with the
// rights of its definer.
func (s *session) definerRoutines(ctx context.Context, sc *scope) (bool, error) {
	for _, db := range sc.schemas {
		var n int
		err := s.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? AND SECURITY_TYPE = 'DEFINER'", db).Scan(&n)
		if err != nil {
			return false, fmt.Errorf("list the routines of %s: %w", db, err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

func (f *grantFence) raise(ctx context.Context, s *session, u Undo) error {
	found, _, err := s.accounts(ctx, Grants, f.request.Grants)
	if err != nil {
		return err
	}
	now, err := f.standing(ctx, s, found)
	if err != nil {
		return err
	}
	// Granting what is there already changes nothing, and shows that it can be
	// done again. A right on everything has no such rehearsal: granting it on a
	// database would add to it.
	var single, everywhere []Privilege
	for _, p := range now.Privileges {
		if p.Level == OnRestricted {
			everywhere = append(everywhere, p)
		} else {
			single = append(single, p)
		}
	}
	for _, give := range []bool{true, false} {
		for _, list := range byObject(single) {
			if err := s.exec(ctx, statement(list, give)); err != nil {
				return err
			}
		}
	}
	// Behind the others: on a database of which there is a right of its own,
	// REVOKE takes that one first.
	for _, list := range byObject(everywhere) {
		if err := s.exec(ctx, statement(list, false)); err != nil {
			return err
		}
	}
	for _, r := range now.Roles {
		if err := s.exec(ctx, r.give()); err != nil {
			return err
		}
		if err := s.exec(ctx, "REVOKE "+r.Role.quoted()+" FROM "+r.Account.quoted()); err != nil {
			return err
		}
	}
	return s.endSessions(ctx, users(found))
}

func (f *grantFence) verify(ctx context.Context, s *session, _ Undo) error {
	found, _, err := s.accounts(ctx, Grants, f.request.Grants)
	if err != nil {
		return err
	}
	left, err := f.standing(ctx, s, found)
	if err != nil {
		return err
	}
	for _, p := range left.Privileges {
		return &DownError{Kind: Grants, Why: fmt.Sprintf("%s has %s on %s %s %s", p.Account, p.Name, p.Level, p.Schema, p.Object)}
	}
	for _, r := range left.Roles {
		return &DownError{Kind: Grants, Why: fmt.Sprintf("%s has role %s", r.Account, r.Role)}
	}
	return nil
}

// giveBack grants what was taken away and is not there.
func (s *session) giveBack(ctx context.Context, u Undo) error {
	var accounts []Account
	for _, p := range u.Privileges {
		if err := p.grantable(); err != nil {
			return err
		}
		accounts = union(accounts, []Account{p.Account})
	}
	for _, r := range u.Roles {
		accounts = union(accounts, []Account{r.Account})
	}
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	s.facts.Version = version
	for _, a := range accounts {
		there, err := s.exists(ctx, a)
		if err != nil {
			return err
		}
		if !there {
			continue // it has been dropped since
		}
		if err := s.givePrivileges(ctx, a, u.Privileges); err != nil {
			return err
		}
	}
	return s.giveRoles(ctx, u.Roles)
}

func (s *session) givePrivileges(ctx context.Context, a Account, all []Privilege) error {
	r, err := s.rightsOf(ctx, a)
	if err != nil {
		return err
	}
	var restricted, single []Privilege
	for _, p := range all {
		switch {
		case p.Account != a:
		case p.Level == OnRestricted && slices.Contains(r.restricted, p):
			restricted = append(restricted, p)
		case p.Level != OnRestricted && !slices.Contains(r.single, p):
			single = append(single, p)
		}
	}
	// The other way round than they were taken.
	for _, list := range append(byObject(restricted), byObject(single)...) {
		if err := s.exec(ctx, statement(list, true)); err != nil {
			return err
		}
	}
	return nil
}
