package verify

import (
	"context"
	"fmt"
	"strconv"

	"tandem/internal/guard"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// unlinked makes sure that no link reads a side on which nothing can be marked
// as tandem's own: a link keeps its state on the other side.
func (p *repair) unlinked(ctx context.Context, other mysqldb.Endpoint) error {
	conn, err := wire.Connect(ctx, other, wire.Session{ReadOnly: true})
	if err != nil {
		return err
	}
	defer conn.Close()
	if linked, err := HasState(ctx, conn); err != nil || !linked {
		return err
	}
	return &NoMarkError{p.dir}
}

// triggers says why a table's rows are not repaired, if it has triggers: they
// would work on the repair as on an application's write, and change other rows.
// Guards are tandem's own: they let its sessions through, and change nothing.
func (p *repair) triggers(ctx context.Context, def *schema.Table) (string, error) {
	text := &schema.Column{Kind: schema.Text, Charset: "utf8mb4"}
	sql := []byte("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA=CONVERT(")
	sql = schema.AppendLiteral(sql, text, []byte(def.Schema))
	sql = append(sql, " USING utf8) AND EVENT_OBJECT_TABLE=CONVERT("...)
	sql = schema.AppendLiteral(sql, text, []byte(def.Table))
	sql = append(sql, " USING utf8) AND LEFT(TRIGGER_NAME,"...)
	sql = strconv.AppendInt(sql, int64(len(guard.Prefix)), 10)
	sql = append(sql, ")<>'"+guard.Prefix+"' LIMIT 1"...)
	row, err := p.conn.One(ctx, sql)
	if err != nil || row == nil {
		return "", err
	}
	return fmt.Sprintf("the table has triggers on the %s (%s), which would run; write the statements to a file and decide there", p.dir.Side(), row[0]), nil
}
