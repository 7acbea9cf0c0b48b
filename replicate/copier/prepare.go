package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"tandem/internal/chunk"
	"tandem/internal/schema"
	"tandem/internal/wire"
)

// Prepare takes the link's tables over for this epoch, reads how far an earlier
// copy has come, and clears what an interrupted one may have left behind. It
// must be called before the stream starts. Tables that were not enrolled have
// come by the stream: there is nothing to copy.
func (c *Copier) Prepare(ctx context.Context) error {
	conn, err := c.connectTarget(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if c.loadData, err = c.probeLoadData(ctx, conn); err != nil {
		return err
	}
	if err := c.takeOver(ctx, conn); err != nil {
		return err
	}
	if c.settler != nil {
		if err := c.settler.prepare(ctx); err != nil {
			return err
		}
	}
	states, err := c.loadStates(ctx, conn)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.tables = slices.DeleteFunc(c.tables, func(t *table) bool {
		_, enrolled := states[t.name]
		return !enrolled
	})
	clear(c.byName)
	for _, t := range c.tables {
		c.byName[t.name] = t
	}
	c.linkForeignKeys()
	c.mu.Unlock()
	if err := c.loadDeferrals(ctx, conn); err != nil {
		return err
	}
	for _, t := range c.tables {
		if err := c.resume(ctx, conn, t, states[t.name]); err != nil {
			return fmt.Errorf("resume the copy of %s: %w", t.name, err)
		}
	}
	for _, t := range c.tables {
		if err := c.resumeCircle(ctx, conn, t); err != nil {
			return fmt.Errorf("resume the copy of %s: %w", t.name, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checkFinished()
	return nil
}

func (c *Copier) loadStates(ctx context.Context, conn *wire.Conn) (map[schema.Name]string, error) {
	states := map[schema.Name]string{}
	sql := append([]byte("SELECT table_schema,table_name,state FROM _tandem.copy WHERE link="), appendText(nil, c.cfg.Link)...)
	err := conn.Query(ctx, sql, func(v [][]byte) error {
		states[schema.Name{Schema: string(v[0]), Table: string(v[1])}] = string(v[2])
		return nil
	})
	return states, err
}

// takeOver makes chunks of other epochs fail. It waits for those that another
// copier of this link is writing.
func (c *Copier) takeOver(ctx context.Context, conn *wire.Conn) error {
	sql := fmt.Appendf(nil, "UPDATE _tandem.copy SET epoch=%d WHERE epoch<%d AND link=", c.cfg.Epoch, c.cfg.Epoch)
	sql = appendText(sql, c.cfg.Link)
	for attempt := 0; ; attempt++ {
		_, err := conn.Exec(ctx, sql)
		if !locksInTheWay(err) || attempt >= maxAttempts {
			return err
		}
	}
}

// probeLoadData tells whether LOAD DATA LOCAL works: both sides must allow it.
func (c *Copier) probeLoadData(ctx context.Context, conn *wire.Conn) (bool, error) {
	if c.cfg.NoLoadData {
		return false, nil
	}
	row, err := conn.One(ctx, []byte("SELECT @@GLOBAL.local_infile"))
	if err != nil {
		return false, err
	}
	on := string(row[0]) == "1"
	if !on {
		c.cfg.Logger.Warn("copying with INSERT, which is slower: local_infile is off on the target")
	}
	return on, nil
}

// resume works out which ranges of a table are done, and clears the others.
func (c *Copier) resume(ctx context.Context, conn *wire.Conn, t *table, state string) error {
	switch state {
	case "", stateWaiting:
		return nil
	case stateDone, stateIndexing:
		t.phase = done
		if state == stateIndexing {
			t.phase = indexing
		}
		t.segments = []*segment{{state: written}}
		return c.loadCounts(ctx, conn, t)
	}
	if err := c.loadCounts(ctx, conn, t); err != nil {
		return err
	}
	if err := c.loadSegments(ctx, conn, t); err != nil {
		return err
	}
	if t.complete() {
		// Killed between the last chunk and the word that it was the last.
		t.phase = indexing
		return c.setState(ctx, conn, t, stateIndexing)
	}
	for _, s := range t.segments {
		if s.state == pending {
			if err := c.clear(ctx, conn, t, s); err != nil {
				return err
			}
		}
	}
	if !t.snapshotOnly {
		t.phase = copying
	}
	return nil
}

func (c *Copier) loadCounts(ctx context.Context, conn *wire.Conn, t *table) error {
	sql := c.where([]byte("SELECT rows_estimated,bytes_estimated FROM _tandem.copy"), t.name)
	row, err := conn.One(ctx, sql)
	if err != nil || row == nil {
		return err
	}
	t.rowsEstimated, _ = strconv.ParseInt(string(row[0]), 10, 64)
	t.bytesEstimated, _ = strconv.ParseInt(string(row[1]), 10, 64)
	sql = c.where([]byte("SELECT IFNULL(SUM(row_count),0),IFNULL(SUM(byte_count),0),COUNT(*) FROM _tandem.chunk"), t.name)
	if row, err = conn.One(ctx, append(sql, " AND ord>0"...)); err != nil {
		return err
	}
	t.rowsCopied, _ = strconv.ParseInt(string(row[0]), 10, 64)
	t.bytesCopied, _ = strconv.ParseInt(string(row[1]), 10, 64)
	t.chunksDone, _ = strconv.Atoi(string(row[2]))
	return nil
}

// loadSegments rebuilds a table's segments: the chunks that are marked done, in
// their order, and what lies between them.
func (c *Copier) loadSegments(ctx context.Context, conn *wire.Conn, t *table) error {
	var segments []*segment
	var last chunk.Key // where the chunk before ends
	begun := false
	sql := c.where([]byte("SELECT ord,lower_key,upper_key FROM _tandem.chunk"), t.name)
	err := conn.Query(ctx, append(sql, " AND ord>0 ORDER BY ord"...), func(v [][]byte) error {
		ord, err := strconv.ParseUint(string(v[0]), 10, 64)
		if err != nil {
			return err
		}
		lower, err1 := chunk.DecodeKey(string(v[1]))
		upper, err2 := chunk.DecodeKey(string(v[2]))
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if !begun && lower != nil || begun && !lower.Equal(last) {
			segments = append(segments, &segment{Range: chunk.Range{Lower: last, Upper: lower}, ord: ordBehind(segments), limit: ord})
		}
		segments = append(segments, &segment{Range: chunk.Range{Lower: lower, Upper: upper}, state: written, ord: ord})
		last, begun = upper, true
		return nil
	})
	if err != nil {
		return err
	}
	if !begun || last != nil {
		segments = append(segments, &segment{Range: chunk.Range{Lower: last}, ord: ordBehind(segments)})
	}
	t.segments = segments
	t.merge()
	return nil
}

func ordBehind(segments []*segment) uint64 {
	if len(segments) == 0 {
		return 1
	}
	return segments[len(segments)-1].ord + 1
}

// clearBatch is how many rows are deleted at a time.
const clearBatch = 20000

// clear deletes what the target has in a range that is not done.
func (c *Copier) clear(ctx context.Context, conn *wire.Conn, t *table, s *segment) error {
	del := []byte("DELETE FROM " + t.name.Quoted())
	if t.space != nil {
		del = append(del, " WHERE "...)
		del = t.space.AppendWhere(del, s.Range)
	}
	del = fmt.Appendf(del, " LIMIT %d", clearBatch)
	for {
		// The mark of origin: to the other direction these deletes are our own.
		sql := append([]byte("BEGIN;INSERT INTO _tandem.chunk (link,table_schema,table_name,ord,lower_key,upper_key,row_count,byte_count,done_at) VALUES ("),
			appendText(nil, c.cfg.Link)...)
		sql = append(sql, ',')
		sql = append(appendText(sql, t.name.Schema), ',')
		sql = append(appendText(sql, t.name.Table), ",0,'','',1,0,UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE row_count=row_count+1"...)
		if err := conn.ExecMulti(ctx, sql, func(int, wire.Result) error { return nil }); err != nil {
			return err
		}
		res, err := conn.Exec(ctx, del)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, []byte("COMMIT")); err != nil {
			return err
		}
		if res.Affected < clearBatch {
			return nil
		}
	}
}
