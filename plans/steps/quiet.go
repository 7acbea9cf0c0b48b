package steps

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"tandem/internal/fencing"
	"tandem/internal/guard"
	"tandem/internal/mysqldb"
	"tandem/internal/ownership"
	"tandem/internal/schema"
	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// quiet asks that nothing but rows is changing in the groups' tables: no DDL is in
// flight and no online schema change is half done on the owner's side, no copy of
// them is unfinished, and what is to become the fence is in order.
//
// DDL fires no triggers, so the guards do not hold it up; and a table that is
// swapped for another loses its guards.
type quiet struct {
	// armed is set once all guards were there. A dry run arms none.
	armed  bool
	looked time.Time // at the fence
	warned bool      // that it is not proved by a write
	fence  string    // what was wrong with it then
}

func newQuiet(plans.Step) runner.Gate { return &quiet{} }

// fenceEvery is how often the fence is looked at, at most.
const fenceEvery = time.Second

// Check implements [runner.Gate].
func (q *quiet) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	tables := r.AllTables()
	wrong, err := unfinished(ctx, r, tables)
	if err != nil {
		return runner.Reading{}, err
	}
	running, err := definitions(ctx, r.DB(r.From()), tables)
	if err != nil {
		return runner.Reading{}, err
	}
	wrong = append(wrong, running...)
	ghosts, err := schemaChanges(ctx, r.DB(r.From()), tables)
	if err != nil {
		return runner.Reading{}, err
	}
	wrong = append(wrong, ghosts...)
	if r.Now().Sub(q.looked) >= fenceEvery {
		if q.fence, err = q.ready(ctx, r); err != nil {
			return runner.Reading{}, err
		}
		q.looked = r.Now()
	}
	if q.fence != "" {
		wrong = append(wrong, q.fence)
	}
	if len(wrong) > 0 {
		return runner.Reading{Says: few(wrong, 3), Data: journal.Data{"in_the_way": wrong[:min(len(wrong), 20)]}}, nil
	}
	return runner.Reading{Holds: true, Says: "nothing else is changing the tables", Data: journal.Data{"tables": len(tables)}}, nil
}

// unfinished names the groups' tables whose copy is not done.
func unfinished(ctx context.Context, r *runner.Run, tables []schema.Name) ([]string, error) {
	s, err := r.Links.State(ctx, runner.Forward)
	if err != nil {
		return nil, fmt.Errorf("the forward link: %w", err)
	}
	var out []string
	for _, name := range slices.SortedFunc(maps.Keys(s.Copying), func(a, b schema.Name) int { return strings.Compare(a.String(), b.String()) }) {
		if slices.Contains(tables, name) {
			out = append(out, fmt.Sprintf("the copy of %s is not finished (%s)", name, s.Copying[name]))
		}
	}
	return out, nil
}

// definitions names statements in flight that may define one of the tables anew:
// whose text has the name of one, since more can not be told without parsing.
func definitions(ctx context.Context, db *sql.DB, tables []schema.Name) ([]string, error) {
	sessions, err := mysqldb.Processes(ctx, db, true)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range sessions {
		verb := defines.FindSubmatch(p.Text)
		if verb == nil || p.Command != "Query" && p.Command != "Execute" {
			continue
		}
		lower := bytes.ToLower(p.Text)
		for _, t := range tables {
			if names(lower, strings.ToLower(t.Table)) {
				out = append(out, fmt.Sprintf("session %d of %s has been running %s on what may be %s for %ds", p.ID, p.User, bytes.ToUpper(verb[1]), t, p.Seconds))
				break
			}
		}
	}
	return out, nil
}

// names tells whether a text has a word.
func names(text []byte, word string) bool {
	part := func(i int) bool {
		if i < 0 || i >= len(text) {
			return false
		}
		c := text[i]
		return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 0x80
	}
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(word))
		if i < 0 {
			return false
		}
		if i += from; !part(i-1) && !part(i+len(word)) {
			return true
		}
		from = i + 1
	}
}

// defines finds statements that define something, with comments in front of them.
var defines = regexp.MustCompile(`(?is)^(?:\s|/\*.*?\*/)*(ALTER|CREATE|DROP|RENAME|TRUNCATE|OPTIMIZE|REPAIR)\b`)

// schemaChanges names the shadow tables of gh-ost and pt-online-schema-change,
// which live as long as a change is under way.
func schemaChanges(ctx context.Context, db *sql.DB, tables []schema.Name) ([]string, error) {
	shadows := map[schema.Name]schema.Name{}
	var bases []string
	for _, t := range tables {
		for _, name := range []string{"_" + t.Table + "_gho", "_" + t.Table + "_new"} {
			shadows[schema.Name{Schema: t.Schema, Table: name}] = t
		}
		if !slices.Contains(bases, t.Schema) {
			bases = append(bases, t.Schema)
		}
	}
	var out []string
	for _, base := range bases {
		rows, err := db.QueryContext(ctx, `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND (TABLE_NAME LIKE '\_%\_gho' OR TABLE_NAME LIKE '\_%\_new')`, base)
		if err != nil {
			return nil, fmt.Errorf("look for schema changes under way: %w", err)
		}
		for rows.Next() {
			n := schema.Name{Schema: base}
			if err := rows.Scan(&n.Table); err != nil {
				rows.Close()
				return nil, fmt.Errorf("look for schema changes under way: %w", err)
			}
			if of, is := shadows[n]; is && !slices.Contains(tables, n) {
				out = append(out, fmt.Sprintf("an online schema change of %s is under way, or was left behind: %s is there", of, n))
			}
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("look for schema changes under way: %w", err)
		}
		rows.Close()
	}
	return out, nil
}

// ready says what is wrong with what is to become the fence, or nothing.
func (q *quiet) ready(ctx context.Context, r *runner.Run) (string, error) {
	if !r.Terms.Fence.Guarded() {
		return q.fenceable(ctx, r)
	}
	there, all := 0, 0
	var missing []string
	for _, side := range []ownership.Side{r.From(), r.To()} {
		for _, group := range r.Groups {
			states, err := guard.Read(ctx, r.DB(side), guard.ReadOptions{Migration: r.Migration, Side: side, Group: group, Tables: r.Tables(group)})
			if err != nil {
				return "", err
			}
			all += len(states)
			there += len(states.In(guard.Present))
			for _, s := range states {
				if s.State != guard.Present {
					missing = append(missing, fmt.Sprintf("on %s of the %s", s.Table, side))
				}
			}
		}
	}
	switch {
	case there == all:
		q.armed = true
	case there == 0 && !q.armed:
		// A dry run: nothing was armed, and nothing is.
	default:
		return fmt.Sprintf("%d guards are gone, such as that %s; a table that was swapped for another loses its own: run the stage again", all-there, missing[0]), nil
	}
	return "", nil
}

// fenceable says why the fences that stand in for the guard could not be raised.
func (q *quiet) fenceable(ctx context.Context, r *runner.Run) (string, error) {
	f := r.Terms.Fence
	request := others(r, f, r.From(), time.Duration(f.Deadline))
	if err := fencing.Check(ctx, r.DB(r.From()), request, programs(r)); err != nil {
		return err.Error(), nil
	}
	if f.ProveAs == nil {
		return "", nil
	}
	// Behind the fence a wrong password would look like a proof.
	e, err := asApplication(r, f.ProveAs, r.From())
	if err == nil {
		err = fencing.LogIn(ctx, e)
	}
	if err != nil && r.From() == ownership.Target {
		// A rollback does not stand or fall with a password. What is read back from
		// the server has to do then.
		if !q.warned {
			r.Log.WarnContext(ctx, "the fence of the way back is proved by reading it back alone", "error", err)
		}
		q.warned = true
		return "", nil
	}
	if err != nil {
		return "the fence could not be proved: " + err.Error(), nil
	}
	return "", nil
}
