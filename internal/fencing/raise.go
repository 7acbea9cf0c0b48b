package fencing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tandem/internal/mysqldb"
)

// method is how one kind of fence is raised and lifted.
type method interface {
	// survey looks at how things stand, and returns what raising would change, or
	// a *RefusedError. It changes nothing.
	survey(ctx context.Context, s *session) (Undo, error)
	// raise makes it so. Repeating it is safe.
	raise(ctx context.Context, s *session, u Undo) error
	// verify reads back that it is so; otherwise a *DownError.
	verify(ctx context.Context, s *session, u Undo) error
}

func (r *Request) method(k Kind) method {
	switch k {
	case Exec:
		return &programFence{request: r}
	case Accounts:
		return &accountFence{request: r}
	case Grants:
		return &grantFence{request: r}
	default:
		return readOnlyFence{request: r}
	}
}

// keptTime bounds the work on a fence that has no deadline.
const keptTime = time.Minute

// bound is how long raising may take: no longer than the fence may stand.
func (r *Request) bound() time.Duration {
	if r.Deadline > 0 {
		return r.Deadline
	}
	if r.ReadOnly {
		return cloudTime // it may be a cloud that sets it
	}
	return keptTime
}

// Check tells whether the fence could be raised, and changes nothing. The error
// is a *RefusedError if it could not.
func Check(ctx context.Context, db *sql.DB, r Request, programs Programs) (err error) {
	ctx, cancel := context.WithTimeout(ctx, r.bound())
	defer cancel()
	s, err := r.open(ctx, db, programs)
	if err != nil {
		return fmt.Errorf("look at the fence of stage %s: %w", r.Stage, err)
	}
	defer func() { err = errors.Join(err, s.end()) }()
	for _, kind := range r.Kinds() {
		if _, err := r.method(kind).survey(ctx, s); err != nil {
			return fmt.Errorf("look at the fence of stage %s: %w", r.Stage, err)
		}
	}
	return nil
}

// Raise raises every kind that the request wants, one after the other, and
// returns the records. What was begun when it fails stands in the records: Lift
// puts it back, or the daemon does at the deadline.
func Raise(ctx context.Context, db *sql.DB, r Request, programs Programs) (raised []Fence, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.bound(), fmt.Errorf("not done within %s, after which the fence would be lifted", r.bound()))
	defer cancel()
	fail := func(err error) ([]Fence, error) {
		return raised, fmt.Errorf("raise the fence of stage %s on the %s: %w", r.Stage, r.Side, err)
	}
	if err := Prepare(ctx, db); err != nil {
		return fail(err)
	}
	s, err := r.open(ctx, db, programs)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, s.end()) }()
	// All of it is looked at before any of it is changed.
	found := map[Kind]Undo{}
	for _, kind := range r.Kinds() {
		if found[kind], err = r.method(kind).survey(ctx, s); err != nil {
			return fail(err)
		}
	}
	for _, kind := range r.Kinds() {
		f, err := r.one(ctx, s, kind, found[kind])
		if err != nil {
			return fail(err)
		}
		raised = append(raised, f)
	}
	return raised, nil
}

// one raises one kind.
func (r *Request) one(ctx context.Context, s *session, kind Kind, found Undo) (Fence, error) {
	standing, err := r.standing(ctx, s, kind)
	if err != nil {
		return Fence{}, err
	}
	if standing != nil && standing.Lifting {
		// Somebody has begun to lift it and did not come to the end.
		if err := s.lift(ctx, *standing); err != nil {
			return Fence{}, err
		}
		if found, err = r.method(kind).survey(ctx, s); err != nil {
			return Fence{}, err
		}
		standing = nil
	}
	f, err := record(ctx, s, r, kind, found, standing)
	if err != nil {
		return f, err
	}
	m := r.method(kind)
	if err := m.raise(ctx, s, f.Undo); err != nil {
		return f, err
	}
	if err := m.verify(ctx, s, f.Undo); err != nil {
		return f, err
	}
	if err := set(ctx, s, f.ID, "raised_at = UTC_TIMESTAMP(6)"); err != nil {
		return f, fmt.Errorf("record that fence %s is up: %w", kind, err)
	}
	return f, nil
}

func (r *Request) standing(ctx context.Context, s *session, kind Kind) (*Fence, error) {
	list, err := Read(ctx, s, Which{Migration: r.Migration, Run: r.Run, Stage: r.Stage})
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Kind == kind {
			return &list[i], nil
		}
	}
	return nil, nil
}

// open opens the session and finds out what the surveys need.
func (r *Request) open(ctx context.Context, db *sql.DB, programs Programs) (*session, error) {
	facts, err := mysqldb.LoadFacts(ctx, db)
	if err != nil {
		return nil, err
	}
	rights, err := mysqldb.LoadGrants(ctx, db)
	if err != nil {
		return nil, err
	}
	s, err := hold(ctx, db, r.Migration, r.bound())
	if err != nil {
		return nil, err
	}
	s.facts, s.rights, s.programs = facts, rights, programs
	return s, nil
}

// Confirm reads every fence of the request back from the server. It returns what
// stands, in words, or a *DownError.
func Confirm(ctx context.Context, db *sql.DB, r Request) (says []string, err error) {
	s, err := r.open(ctx, db, Programs{})
	if err != nil {
		return nil, fmt.Errorf("read the fence of stage %s: %w", r.Stage, err)
	}
	defer func() { err = errors.Join(err, s.end()) }()
	for _, kind := range r.Kinds() {
		f, err := r.standing(ctx, s, kind)
		switch {
		case err != nil:
			return nil, err
		case f == nil:
			return nil, &DownError{Kind: kind, Why: "nothing is recorded"}
		case f.Lifting || f.Raised.IsZero():
			return nil, &DownError{Kind: kind, Why: "it was not raised to the end, or is being lifted"}
		}
		if err := r.method(kind).verify(ctx, s, f.Undo); err != nil {
			return nil, err
		}
		says = append(says, f.String())
	}
	return says, nil
}
