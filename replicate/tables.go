package replicate

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"tandem/internal/catalog"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
)

// tables is the applier's view of the target's tables.
type tables struct{ session *session }

// Cascades tells whether other tables follow changes of this one by foreign
// keys that change rows.
func (t *tables) Cascades(name schema.Name) bool {
	for _, child := range t.session.registry.Tables() {
		for i := range child.ForeignKeys {
			if fk := &child.ForeignKeys[i]; fk.Parent == name && fk.Cascades() {
				return true
			}
		}
	}
	return false
}

// Fingerprints describes tables as they are on the target now.
func (t *tables) Fingerprints(ctx context.Context, names []schema.Name) (string, error) {
	return definitions(ctx, t.session.target, names)
}

// definitions describes tables by digests of everything that a statement may
// change: the server's own text, but for the counter in it.
func definitions(ctx context.Context, db *sql.DB, names []schema.Name) (string, error) {
	var lines []string
	for _, n := range names {
		var name, text string
		err := db.QueryRowContext(ctx, "SHOW CREATE TABLE "+n.Quoted()).Scan(&name, &text)
		switch {
		case mysqldb.IsNoSuchTable(err):
			lines = append(lines, n.String()+" absent")
		case err != nil:
			return "", fmt.Errorf("read %s: %w", n, err)
		default:
			lines = append(lines, fmt.Sprintf("%s %x", n, sha256.Sum256([]byte(counter.ReplaceAllString(text, "")))))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n"), nil
}

// counter is the one part of a definition that rows change.
var counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

// Refresh reads tables again after a statement.
func (t *tables) Refresh(ctx context.Context, names []schema.Name) error {
	for _, n := range names {
		if !t.session.cfg.Tables(n) {
			continue
		}
		table, err := catalog.LoadTable(ctx, t.session.target, n)
		switch {
		case errors.Is(err, catalog.ErrNoTable):
			t.session.registry.Drop(n)
		case err != nil:
			return fmt.Errorf("read %s: %w", n, err)
		default:
			t.session.registry.Replace(table)
		}
	}
	return nil
}
