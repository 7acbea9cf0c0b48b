package fencing

import (
	"fmt"
	"slices"
	"strings"

	"tandem/internal/schema"
)

// Undo is what a fence has changed, as it was before.
type Undo struct {
	// Accounts were locked, and were not locked before.
	Accounts []Account `json:"accounts,omitempty"`
	// Privileges and Roles were taken away.
	Privileges []Privilege `json:"privileges,omitempty"`
	Roles      []Role      `json:"roles,omitempty"`
	// ReadOnly was turned on, and was off before.
	ReadOnly bool `json:"read_only,omitempty"`
	// By is who turns it on and off.
	By By `json:"by,omitempty"`
	// Program names what undoes it on the machine Host; Shown is for people.
	Program string   `json:"program,omitempty"`
	Host    string   `json:"host,omitempty"`
	Shown   []string `json:"shown,omitempty"`
}

// Account is an account of a server.
type Account struct {
	User string `json:"user"`
	Host string `json:"host"`
}

// String returns user@host.
func (a Account) String() string { return a.User + "@" + a.Host }

// quoted returns the account as SQL.
func (a Account) quoted() string { return schema.Quote(a.User) + "@" + schema.Quote(a.Host) }

// grantee is how information_schema writes it.
func (a Account) grantee() string { return "'" + a.User + "'@'" + a.Host + "'" }

// Level is what a privilege is given on.
type Level string

// The levels. Restricted is a privilege on everything, from which a database is
// taken out (partial_revokes).
const (
	OnDatabase   Level = "database"
	OnTable      Level = "table"
	OnProcedure  Level = "procedure"
	OnFunction   Level = "function"
	OnRestricted Level = "restricted"
)

// Privilege is one right of one account on one object.
type Privilege struct {
	Account Account `json:"account"`
	Level   Level   `json:"level"`
	// Schema is the database, on database level as the grant has it: a pattern.
	Schema string `json:"schema"`
	// Object is the table or routine.
	Object string `json:"object,omitempty"`
	// Column is set for a right on a single column.
	Column string `json:"column,omitempty"`
	Name   string `json:"name"`
}

// Role is a role that an account holds.
type Role struct {
	Account Account `json:"account"`
	Role    Account `json:"role"`
	Admin   bool    `json:"admin,omitempty"`
	Default bool    `json:"default,omitempty"`
}

// merge adds what o has and u has not. A raise that was cut off has changed some
// of what it recorded, so what is found now is less than what was.
func (u Undo) merge(o Undo) Undo {
	u.Accounts = union(u.Accounts, o.Accounts)
	u.Privileges = union(u.Privileges, o.Privileges)
	u.Roles = union(u.Roles, o.Roles)
	u.ReadOnly = u.ReadOnly || o.ReadOnly
	if o.By != "" {
		u.By = o.By
	}
	if o.Program != "" {
		u.Program, u.Host, u.Shown = o.Program, o.Host, o.Shown
	}
	return u
}

func union[T comparable](a, b []T) []T {
	out := slices.Clone(a)
	for _, one := range b {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// String says what was changed.
func (u Undo) String() string {
	var parts []string
	if len(u.Accounts) > 0 {
		names := make([]string, len(u.Accounts))
		for i, a := range u.Accounts {
			names[i] = a.String()
		}
		parts = append(parts, "locked "+strings.Join(names, ", "))
	}
	if len(u.Privileges) > 0 {
		var names []string
		for _, p := range u.Privileges {
			if name := p.Account.String(); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		parts = append(parts, fmt.Sprintf("%d rights taken from %s", len(u.Privileges), strings.Join(names, ", ")))
	}
	for _, r := range u.Roles {
		parts = append(parts, fmt.Sprintf("role %s taken from %s", r.Role, r.Account))
	}
	if u.ReadOnly {
		text := "read_only turned on"
		switch u.By {
		case ByCloudSQL:
			text = "the instance's flag read_only turned on"
		case ByAurora:
			text += " by mysql." + auroraProcedure + ", until the next restart; it does not bind who has CONNECTION_ADMIN"
		}
		parts = append(parts, text)
	}
	if len(u.Shown) > 0 {
		parts = append(parts, fmt.Sprintf("a program was run; on %s, %s undoes it", u.Host, strings.Join(u.Shown, " ")))
	}
	if len(parts) == 0 {
		return "nothing was changed: it was so already"
	}
	return strings.Join(parts, "; ")
}
