package schemadiff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/internal/sqltoken"
)

// sameViews compares views across versions, which print the same query in many
// ways: (a IS NULL) or isnull(a), with more or fewer parentheses. So the target
// is asked what it makes of either text: it prints both in its own way.
func (p *pair) sameViews(ctx context.Context, a, b *object) (same bool, err error) {
	x, headX := a.query()
	y, headY := b.query()
	if headX != headY {
		return false, nil
	}
	conn, err := p.target.db.Conn(ctx)
	if err != nil {
		return false, fmt.Errorf("compare view %s: %w", a.name, err)
	}
	// Nothing is written, and the session is not used again.
	defer func() { err = errors.Join(err, mysqldb.Discard(conn)) }()
	for _, s := range []string{"USE " + schema.Quote(b.name.Schema), "START TRANSACTION READ ONLY"} {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return false, fmt.Errorf("compare view %s: %w", a.name, err)
		}
	}
	planX, err := plan(ctx, conn, x)
	if err == nil {
		var planY string
		planY, err = plan(ctx, conn, y)
		same = err == nil && planX != "" && planX == planY
	}
	if _, refused := mysqldb.Code(err); refused {
		return false, nil // then they are taken by their texts
	}
	return same, err
}

// plan returns what a server makes of a query, without running it.
func plan(ctx context.Context, q queryer, query string) (string, error) {
	explain := func(*sql.Rows) error { return nil }
	if err := rows(ctx, q, explain, "EXPLAIN FORMAT=TRADITIONAL "+query); err != nil {
		return "", err
	}
	var printed []string
	err := rows(ctx, q, func(r *sql.Rows) error {
		var level, message string
		var code int
		if err := r.Scan(&level, &code, &message); err != nil {
			return err
		}
		if code == 1003 {
			printed = append(printed, message)
		}
		return nil
	}, "SHOW WARNINGS")
	return strings.Join(printed, "\n"), err
}

// query takes a view's query out of its statement, and returns what is left.
func (o *object) query() (query, rest string) {
	tokens := sqltoken.Cut(o.rest)
	start := sqltoken.Find(tokens, 0, 0, "AS") + 1
	end := len(tokens)
	for i := start; i < len(tokens); i++ {
		if tokens[i].Depth != 0 {
			continue
		}
		for _, scope := range []string{"CASCADED", "LOCAL"} {
			if sqltoken.Behind(tokens, i, []string{"WITH", scope, "CHECK", "OPTION"}) >= 0 {
				end = i
			}
		}
	}
	return sqltoken.Join(tokens[start:end]), flat(o.before+" "+sqltoken.Join(tokens[:start])+" "+sqltoken.Join(tokens[end:]), ofViews)
}

// withoutOwn takes the name of the view's own database away before others:
// some versions print it and some do not.
func (o *object) withoutOwn(words []string) []string {
	var kept []string
	for i := 0; i < len(words); i++ {
		if words[i] == o.name.Schema && i+1 < len(words) && words[i+1] == "." {
			i++
			continue
		}
		kept = append(kept, words[i])
	}
	return kept
}

// depths returns for each view how many others stand one below the other under
// it. Names that only look like views do no harm.
func depths(views map[schema.Name]*object) map[string]int {
	uses := map[schema.Name][]schema.Name{}
	for n, v := range views {
		mentioned := map[string]bool{}
		for _, t := range sqltoken.Cut(v.rest) {
			if t.Kind == sqltoken.Name {
				mentioned[sqltoken.Unquote(t.Text)] = true
			}
		}
		for other := range views {
			if other != n && mentioned[other.Table] && (other.Schema == n.Schema || mentioned[other.Schema]) {
				uses[n] = append(uses[n], other)
			}
		}
	}
	depth := map[string]int{}
	var of func(schema.Name, map[schema.Name]bool) int
	of = func(n schema.Name, above map[schema.Name]bool) int {
		if d, known := depth[n.String()]; known || above[n] {
			return d
		}
		above[n] = true
		d := 0
		for _, below := range uses[n] {
			d = max(d, of(below, above)+1)
		}
		delete(above, n)
		depth[n.String()] = d
		return d
	}
	for n := range views {
		of(n, map[schema.Name]bool{})
	}
	return depth
}
