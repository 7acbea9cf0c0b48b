package replicate

import (
	"context"
	"database/sql"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
)

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (s *session) server(e mysqldb.Endpoint, f mysqldb.Facts) Server {
	return Server{Address: e.Addr, Version: f.Version.String(), UUID: f.ServerUUID}
}

// readSource asks the source where it is.
func (s *session) readSource(ctx context.Context, st *Status) {
	if time.Since(s.asked) > publishEvery/2 {
		s.asked = time.Now()
		if executed, err := mysqldb.Executed(ctx, s.source); err == nil {
			s.executed = executed
		}
		if end, err := mysqldb.BinlogEnd(ctx, s.source); err == nil {
			s.sourceEnd = end
			s.behind = s.bytesBehind(ctx, end)
		}
	}
	st.Source.Executed = s.executed.String()
	st.Source.File, st.Source.Pos = s.sourceEnd.File, s.sourceEnd.Pos
	st.Lag.Transactions = s.executed.Subtract(s.applier.Progress().Position).Count()
	if st.Lag.Transactions > 0 {
		st.Lag.Bytes = s.behind
	}
}

// bytesBehind measures the binlog between what is applied and its end. The list
// of files is asked for only when more than one is concerned.
func (s *session) bytesBehind(ctx context.Context, end change.Offset) uint64 {
	at := s.applier.Progress().Offset
	if at.File == end.File {
		return end.Pos - min(at.Pos, end.Pos)
	}
	files, err := mysqldb.BinlogFiles(ctx, s.source)
	if err != nil {
		return 0
	}
	return mysqldb.BytesBetween(files, at, end)
}

// lag tells seconds: since the commit of the last transaction that was applied,
// as long as there is one that was not.
func lag(st *Status, applied change.GTIDSet) {
	if st.Lag.Transactions > 0 && !st.Applied.Committed.IsZero() {
		st.Lag.Seconds = max(0, time.Since(st.Applied.Committed).Seconds())
	}
}

func (s *session) copyProgress() (Copy, []string) {
	var c Copy
	var waiting []string
	c.Done = true
	if s.copier == nil {
		return c, nil
	}
	c.Done = s.copier.Done()
	if !c.Done {
		c.Paused, c.Throttle = s.throttle.Reason(), s.throttle.Samples()
	}
	if c.Paused != "" {
		waiting = append(waiting, "copy: "+c.Paused)
	}
	for _, t := range s.copier.Progress() {
		c.Tables = append(c.Tables, Table{
			Name: t.Name.String(), State: string(t.State), Rows: t.RowsCopied, RowsTotal: max(t.RowsEstimated, t.RowsCopied),
			Bytes: t.BytesCopied, Waiting: t.WaitingFor,
		})
		c.Rows += t.RowsCopied
		c.RowsTotal += max(t.RowsEstimated, t.RowsCopied)
		c.Bytes += t.BytesCopied
		if t.WaitingFor != "" && t.WaitingFor != c.Paused {
			waiting = append(waiting, t.Name.String()+": "+t.WaitingFor)
		}
	}
	return c, waiting
}

// meter turns counts into rates, over the last few seconds.
type meter struct {
	samples []sample
}

type sample struct {
	at                                time.Time
	copied, bytes, transactions, rows int64
	tables                            map[string]int64
}

// window is how far back rates look.
const window = 5 * time.Second

func newMeter() *meter { return &meter{} }

func (m *meter) rates(st *Status) {
	now := sample{
		at: st.At, copied: st.Copy.Rows, bytes: st.Copy.Bytes, transactions: st.Stream.Transactions, rows: st.Stream.Rows,
		tables: map[string]int64{},
	}
	for _, t := range st.Copy.Tables {
		now.tables[t.Name] = t.Rows
	}
	m.samples = append(m.samples, now)
	for len(m.samples) > 2 && now.at.Sub(m.samples[0].at) > window {
		m.samples = m.samples[1:]
	}
	first := m.samples[0]
	st.Copy.ETASeconds = -1
	seconds := now.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return
	}
	per := func(now, first int64) float64 { return float64(now-first) / seconds }
	st.Stream.PerSecond = per(now.transactions, first.transactions)
	st.Stream.RowsPerSecond = per(now.rows, first.rows)
	if st.Copy.Done {
		st.Copy.ETASeconds = 0
		return
	}
	st.Copy.RowsPerSec = per(now.copied, first.copied)
	st.Copy.BytesPerSec = per(now.bytes, first.bytes)
	for i := range st.Copy.Tables {
		t := &st.Copy.Tables[i]
		t.RowsPerSec = per(t.Rows, first.tables[t.Name])
	}
	if st.Copy.RowsPerSec > 0 {
		st.Copy.ETASeconds = float64(st.Copy.RowsTotal-st.Copy.Rows) / st.Copy.RowsPerSec
	}
}
