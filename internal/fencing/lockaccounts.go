package fencing

import (
	"context"
	"fmt"
	"strings"
)

// accountFence locks accounts, and ends their sessions: the lock alone leaves
// those open.
type accountFence struct{ request *Request }

func (f *accountFence) survey(ctx context.Context, s *session) (Undo, error) {
	if !s.canLock() {
		return Undo{}, &RefusedError{Kind: Accounts,
			Why:  fmt.Sprintf("MySQL %s can not lock accounts (5.7.6 and later can)", s.facts.Version),
			What: "use the guard, or grants:, read_only: or exec: instead"}
	}
	found, locked, err := s.accounts(ctx, Accounts, f.request.Accounts)
	if err != nil {
		return Undo{}, err
	}
	if err := s.mayEndSessions(ctx, Accounts); err != nil {
		return Undo{}, err
	}
	if !s.rights.HasGlobal("CREATE USER") {
		return Undo{}, &RefusedError{Kind: Accounts, Why: s.user.String() + " may not change accounts",
			What: "GRANT CREATE USER ON *.* to tandem's user there"}
	}
	var u Undo
	for _, a := range found {
		if !locked[a] {
			u.Accounts = append(u.Accounts, a)
		}
	}
	return u, nil
}

func (f *accountFence) raise(ctx context.Context, s *session, u Undo) error {
	if len(u.Accounts) > 0 {
		names := list(u.Accounts)
		// Unlocking what is not locked changes nothing, and shows that it can be
		// done again.
		for _, lock := range []string{"UNLOCK", "LOCK"} {
			if err := s.exec(ctx, "ALTER USER "+names+" ACCOUNT "+lock); err != nil {
				return err
			}
		}
	}
	found, _, err := s.accounts(ctx, Accounts, f.request.Accounts)
	if err != nil {
		return err
	}
	// Twice: a log-in that was under way has come through by then.
	for range 2 {
		if err := s.endSessions(ctx, users(found)); err != nil {
			return err
		}
	}
	return nil
}

func (f *accountFence) verify(ctx context.Context, s *session, _ Undo) error {
	found, locked, err := s.accounts(ctx, Accounts, f.request.Accounts)
	if err != nil {
		return err
	}
	for _, a := range found {
		if !locked[a] {
			return &DownError{Kind: Accounts, Why: a.String() + " is not locked"}
		}
	}
	left, err := Sessions(ctx, s, users(found))
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return &DownError{Kind: Accounts, Why: fmt.Sprintf("%d sessions are left, such as %s", len(left), left[0])}
	}
	return nil
}

// unlock unlocks the accounts that are still there.
func (s *session) unlock(ctx context.Context, accounts []Account) error {
	for _, a := range accounts {
		there, err := s.exists(ctx, a)
		if err != nil {
			return err
		}
		if !there {
			continue // it has been dropped since
		}
		if err := s.exec(ctx, "ALTER USER "+a.quoted()+" ACCOUNT UNLOCK"); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) exists(ctx context.Context, a Account) (bool, error) {
	var n int
	err := s.QueryRowContext(ctx, "SELECT COUNT(*) FROM mysql.user WHERE User = ? AND Host = ?", a.User, a.Host).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look up account %s: %w", a, err)
	}
	return n > 0, nil
}

func list(accounts []Account) string {
	names := make([]string, len(accounts))
	for i, a := range accounts {
		names[i] = a.quoted()
	}
	return strings.Join(names, ", ")
}
