package binlog

import (
	"encoding/hex"
	"fmt"
	"strings"

	"tandem/internal/change"
)

// xaPrepare handles the end of an XA transaction's first phase. What is
// prepared may still be rolled back, so its rows must not be applied: it is
// refused if there are any. With one phase only it is a commit.
func (g *group) xaPrepare(e *event) (*change.Transaction, error) {
	if g.phase != inXA {
		return nil, g.frames.corrupt("xa prepare without a transaction", nil)
	}
	xid, onePhase, ok := parseXAPrepare(e.body)
	if !ok {
		return nil, g.frames.corrupt("malformed xa prepare event", nil)
	}
	if onePhase {
		return g.close(), nil
	}
	if g.changed {
		return nil, g.refuse(g.changedTable, "XA transactions on replicated tables are not supported (prepared as "+xid+")",
			"commit in one phase, or without XA, and copy the tables again")
	}
	if g.xaSeen == nil {
		g.xaSeen = make(map[string]bool)
	}
	g.xaSeen[xid] = true
	g.count.skip(SkipXA, 1)
	return g.close(), nil
}

// xaEnd notes the second phase. A transaction that was prepared before the
// stream began may have changed replicated tables: nobody can tell from here.
func (g *group) xaEnd(sql string) {
	xid := xidOf(sql)
	if keyword(strings.TrimSpace(sql), "XA COMMIT") && !g.xaSeen[xid] {
		g.cfg.Logger.Warn("commit of an xa transaction that was prepared before the stream began",
			"gtid", g.gtid.gtid.String(), "xid", xid)
	}
	delete(g.xaSeen, xid)
	g.cur.tx.Skipped++
}

// parseXAPrepare reads the id in the form in which the server writes it into
// statements: X'gtrid',X'bqual',format.
func parseXAPrepare(body []byte) (xid string, onePhase, ok bool) {
	c := cursor{b: body}
	onePhase = c.u8() != 0
	format := int32(c.u32())
	gtrid, bqual := int(int32(c.u32())), int(int32(c.u32()))
	g, b := c.take(gtrid), c.take(bqual)
	if c.bad {
		return "", false, false
	}
	return fmt.Sprintf("X'%s',X'%s',%d", hex.EncodeToString(g), hex.EncodeToString(b), format), onePhase, true
}

// xidOf takes the id out of XA COMMIT or XA ROLLBACK.
func xidOf(sql string) string {
	fields := strings.Fields(sql)
	if len(fields) < 3 {
		return ""
	}
	return strings.Join(fields[2:], "")
}
