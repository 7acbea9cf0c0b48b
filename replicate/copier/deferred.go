package copier

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"tandem/internal/catalog"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// KeepDeferral keeps which indexes a table is to get once its rows are copied.
// It is kept from before the table is made until it has them: the source, which
// could be asked again, may have others by then.
func KeepDeferral(ctx context.Context, db *sql.DB, link string, d catalog.Deferral) error {
	if len(d.Indexes) == 0 {
		_, err := db.ExecContext(ctx, "DELETE FROM _tandem.deferred WHERE link = ? AND table_schema = ? AND table_name = ?",
			link, d.Table.Schema, d.Table.Table)
		return err
	}
	text, err := json.Marshal(d.Indexes)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "REPLACE INTO _tandem.deferred (link, table_schema, table_name, indexes) VALUES (?, ?, ?, ?)",
		link, d.Table.Schema, d.Table.Table, string(text))
	return err
}

// Deferrals returns the tables of a link that do not have all their indexes yet.
func Deferrals(ctx context.Context, db *sql.DB, link string) (map[schema.Name]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT table_schema, table_name FROM _tandem.deferred WHERE link = ?", link)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	kept := map[schema.Name]bool{}
	for rows.Next() {
		var n schema.Name
		if err := rows.Scan(&n.Schema, &n.Table); err != nil {
			return nil, err
		}
		kept[n] = true
	}
	return kept, rows.Err()
}

// loadDeferrals tells the tables which indexes they are to get.
func (c *Copier) loadDeferrals(ctx context.Context, conn *wire.Conn) error {
	sql := append([]byte("SELECT table_schema,table_name,indexes FROM _tandem.deferred WHERE link="), appendText(nil, c.cfg.Link)...)
	return conn.Query(ctx, sql, func(v [][]byte) error {
		name := schema.Name{Schema: string(v[0]), Table: string(v[1])}
		t := c.byName[name]
		if t == nil {
			return nil
		}
		if err := json.Unmarshal(v[2], &t.deferred); err != nil {
			return fmt.Errorf("read which indexes %s is to get: %w", name, err)
		}
		return nil
	})
}

// forgetDeferral notes that a table has all its indexes. From now on statements
// of the stream may change them.
func (c *Copier) forgetDeferral(ctx context.Context, conn *wire.Conn, t *table) error {
	if _, err := conn.Exec(ctx, c.where([]byte("DELETE FROM _tandem.deferred"), t.name)); err != nil {
		return fmt.Errorf("note that %s has its indexes: %w", t.name, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t.deferred = nil
	return nil
}
