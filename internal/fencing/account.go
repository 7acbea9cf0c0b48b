package fencing

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// parseAccount reads user@host. The host comes after the last @, since names may
// have one. Without a host it is empty.
func parseAccount(text string) Account {
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		return Account{User: text[:i], Host: text[i+1:]}
	}
	return Account{User: text}
}

// accounts finds the accounts that the plan names: all of a name, or the one
// whose host is given, too. locked tells which are locked already, where the
// server knows locks.
func (s *session) accounts(ctx context.Context, kind Kind, names []string) (found []Account, locked map[Account]bool, err error) {
	lock := "'N'"
	if s.canLock() {
		lock = "account_locked"
	}
	locked = map[Account]bool{}
	for _, name := range names {
		wanted := parseAccount(name)
		query, args := "SELECT User, Host, "+lock+" FROM mysql.user WHERE User = ?", []any{wanted.User}
		if wanted.Host != "" {
			query, args = query+" AND Host = ?", append(args, wanted.Host)
		}
		rows, err := s.QueryContext(ctx, query, args...)
		if err != nil {
			return nil, nil, fmt.Errorf("look up account %s: %w", name, err)
		}
		some := false
		for rows.Next() {
			var a Account
			var l string
			if err := rows.Scan(&a.User, &a.Host, &l); err != nil {
				rows.Close()
				return nil, nil, fmt.Errorf("look up account %s: %w", name, err)
			}
			some = true
			if !slices.Contains(found, a) {
				found = append(found, a)
			}
			locked[a] = l == "Y"
		}
		if err := rows.Err(); err != nil {
			return nil, nil, fmt.Errorf("look up account %s: %w", name, err)
		}
		rows.Close()
		if !some {
			return nil, nil, &RefusedError{Kind: kind, Why: fmt.Sprintf("there is no account %s", name),
				What: "name a user as the server has it: SELECT User, Host FROM mysql.user"}
		}
		if wanted.User == s.user.User {
			return nil, nil, &RefusedError{Kind: kind, Why: fmt.Sprintf("%s is whom tandem itself connects as", name),
				What: "give the application an account of its own, or use another fence"}
		}
	}
	return found, locked, nil
}

// users returns the names of accounts, each once.
func users(accounts []Account) []string {
	var names []string
	for _, a := range accounts {
		if !slices.Contains(names, a.User) {
			names = append(names, a.User)
		}
	}
	return names
}

// canLock tells whether the server knows locked accounts: from 5.7.6 on.
func (s *session) canLock() bool { return s.facts.Version.AtLeast(5, 7, 6) }
