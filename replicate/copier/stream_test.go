package copier_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/schema"
	"tandem/replicate/applier"
	"tandem/replicate/copier"
)

// fakeStream stands for reader and applier: changes are made on the source and
// queued, and come to the target when the test says so.
type fakeStream struct {
	t *testing.T
	l *lab
	c *copier.Copier

	mu    sync.Mutex // guards queue
	queue []*change.Transaction
	turn  sync.Mutex // one delivery at a time
}

// source runs a statement on the source and queues what it changed.
func (s *fakeStream) source(sql string, rows ...change.RowChange) {
	s.t.Helper()
	ctx := context.Background()
	before, err := mysqldb.Executed(ctx, s.l.source)
	if err == nil {
		_, err = s.l.source.ExecContext(ctx, sql)
	}
	if err != nil {
		s.t.Errorf("%s: %v", sql, err)
		return
	}
	after, err := mysqldb.Executed(ctx, s.l.source)
	if err != nil {
		s.t.Error(err)
		return
	}
	end, err := mysqldb.BinlogEnd(ctx, s.l.source)
	if err != nil {
		s.t.Error(err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, &change.Transaction{
		GTID: only(after.Subtract(before)), First: true, Last: true, End: end, Rows: rows,
	})
}

// only returns one transaction of a set. Tests that share a server may have
// added others; which one is named makes no difference to the copier.
func only(set change.GTIDSet) change.GTID {
	var g change.GTID
	var sid string
	fmt.Sscanf(set.String(), "%36s:%d", &sid, &g.GNO)
	g.SID, _ = change.ParseSID(sid)
	return g
}

// deliver applies what is queued, and moves the stream to the end of the binlog.
func (s *fakeStream) deliver() {
	s.turn.Lock()
	defer s.turn.Unlock()
	ctx := context.Background()
	end, err := mysqldb.BinlogEnd(ctx, s.l.source)
	if err != nil {
		s.t.Error(err)
	}
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.c.Moved(end)
			s.mu.Unlock()
			return
		}
		tx := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		s.apply(ctx, tx)
	}
}

// pump delivers until it is told to stop: other tests write to the same source,
// so its binlog goes on.
func (s *fakeStream) pump(stop <-chan struct{}) {
	for {
		s.deliver()
		select {
		case <-stop:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *fakeStream) apply(ctx context.Context, tx *change.Transaction) {
	txs := []*change.Transaction{tx}
	admitted, _, err := s.c.Begin(ctx, txs)
	if err != nil {
		s.t.Error(err)
		return
	}
	for i := range tx.Rows {
		r := &tx.Rows[i]
		ad := applier.Admitted{}
		if admitted != nil {
			ad = admitted[i]
		}
		if r.Before != nil && ad.Before != applier.LeaveOut {
			s.exec(r.Table, "DELETE FROM "+r.Table.Quoted()+" WHERE "+match(r.Table, r.Before), ad.Before == applier.Assert)
		}
		if r.After != nil && ad.After != applier.LeaveOut {
			if ad.After == applier.Forgive {
				s.exec(r.Table, "DELETE FROM "+r.Table.Quoted()+" WHERE "+match(r.Table, r.After), false)
			}
			s.exec(r.Table, "INSERT INTO "+r.Table.Quoted()+" VALUES "+tuple(r.Table, r.After), true)
		}
	}
	s.c.End(txs, true)
}

func (s *fakeStream) exec(t *schema.Table, sql string, one bool) {
	res, err := s.l.target.Exec(sql)
	if err != nil {
		s.t.Errorf("%s: %v", sql, err)
		return
	}
	if n, _ := res.RowsAffected(); one && n != 1 {
		s.t.Errorf("%s met %d rows", sql, n)
	}
}

func match(t *schema.Table, row schema.Row) string {
	var sql []byte
	if t.RowKey() == nil {
		for i := range t.Columns {
			if i > 0 {
				sql = append(sql, " AND "...)
			}
			sql = schema.AppendExactMatch(sql, &t.Columns[i], row[i])
		}
		return string(append(sql, " LIMIT 1"...))
	}
	for i, p := range t.RowKey().Parts {
		if i > 0 {
			sql = append(sql, " AND "...)
		}
		sql = schema.AppendMatch(sql, &t.Columns[p.Column], row[p.Column])
	}
	return string(sql)
}

func tuple(t *schema.Table, row schema.Row) string {
	sql := []byte{'('}
	for i := range row {
		if i > 0 {
			sql = append(sql, ',')
		}
		sql = schema.AppendLiteral(sql, &t.Columns[i], row[i])
	}
	return string(append(sql, ')'))
}

// row makes a row of text values.
func row(values ...string) schema.Row {
	r := make(schema.Row, len(values))
	for i, v := range values {
		r[i] = []byte(v)
	}
	return r
}
