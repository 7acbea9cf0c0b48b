package fencing

import (
	"context"
	"fmt"
)

// readOnlyFence makes the server refuse all writes but those of whoever
// administers connections, tandem among them. Transactions in flight are refused
// at their commit.
type readOnlyFence struct{ request *Request }

func (f readOnlyFence) survey(ctx context.Context, s *session) (Undo, error) {
	refuse := func(why, what string) (Undo, error) {
		return Undo{}, &RefusedError{Kind: ReadOnly, Why: why, What: what}
	}
	const instead = "; use the guard, accounts: or grants: here, or exec: with a program that sets it"
	by, can := byFlavour(s.facts.Flavour)
	if !can {
		return refuse("on RDS read_only is no variable that users set", "it is the parameter read_only of the instance's parameter group"+instead)
	}
	super := s.rights.HasGlobal("SUPER")
	if by == ByServer && !super && !s.rights.HasGlobal("SYSTEM_VARIABLES_ADMIN") {
		return refuse(s.user.String()+" may not set read_only", "GRANT SYSTEM_VARIABLES_ADMIN ON *.* (SUPER before MySQL 8.0) to tandem's user there"+instead)
	}
	if !super && !s.rights.HasGlobal("CONNECTION_ADMIN") {
		return refuse("read_only would bind "+s.user.String()+", too", "GRANT CONNECTION_ADMIN ON *.* (SUPER before MySQL 8.0) to tandem's user there"+instead)
	}
	if s.facts.SuperReadOnly {
		return refuse("super_read_only is on, which binds tandem, too", "SET GLOBAL super_read_only = OFF, if this is the server you mean")
	}
	switch by {
	case ByCloudSQL:
		return s.surveyCloudSQL(ctx, f.request.Side)
	case ByAurora:
		return s.surveyAurora(ctx)
	}
	return Undo{ReadOnly: !s.facts.ReadOnly}, nil
}

func (f readOnlyFence) raise(ctx context.Context, s *session, u Undo) error {
	return s.switchReadOnly(ctx, u.By, f.request.Side, true)
}

func (readOnlyFence) verify(ctx context.Context, s *session, _ Undo) error {
	var on bool
	if err := s.QueryRowContext(ctx, "SELECT @@GLOBAL.read_only").Scan(&on); err != nil {
		return fmt.Errorf("read read_only: %w", err)
	}
	if !on {
		return &DownError{Kind: ReadOnly, Why: "read_only is off"}
	}
	return nil
}

// writable turns read_only off, unless it was on before the fence.
func (s *session) writable(ctx context.Context, f Fence) error {
	if !f.Undo.ReadOnly {
		return nil
	}
	return s.switchReadOnly(ctx, f.Undo.By, f.Side, false)
}
