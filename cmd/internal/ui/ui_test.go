package ui

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/golden"
)

// copying is a migration in the middle of its copy.
func copying() Status {
	return Status{
		SchemaVersion: StatusVersion, At: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
		Migration: "courier", Phase: PhaseCopying, Replicator: "host-1 pid 4711",
		Source: Side{Server: "db.example.com:3306", Version: "8.0.36", Position: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-123456,aaaaaaaa-71ca-11e1-9e33-c80aa9429562:1-5:7-9"},
		Target: Side{Server: "127.0.0.1:40002", Version: "9.7.0", Position: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-123000"},
		Links:  []Link{{Name: "forward", State: "catching up", LagSeconds: 12.25, LagBytes: 3 << 20, LagTx: 456, TxRate: 231.4, RowRate: 1890}},
		Copy: Copy{TablesDone: 1, TablesTotal: 4, RowsDone: 412_345, RowsTotal: 1_200_000, BytesDone: 57 << 20, RowRate: 52_100, ByteRate: 7e6, Tables: []TableCopy{
			{Name: "courier.customers", State: TableDone, RowsDone: 1000, RowsTotal: 990, BytesDone: 1 << 20},
			{Name: "courier.payouts", State: TableWaiting, RowsTotal: 5000},
			{Name: "courier.positions", State: TableCopying, RowsDone: 411_345, RowsTotal: 1_000_000, BytesDone: 56 << 20, RowRate: 52_100},
			{Name: "courier.住所", State: TableCopying, RowsDone: 990, RowsTotal: 900, BytesDone: 1 << 10, RowRate: 10},
		}},
		Waiting: []Wait{{Who: "courier.payouts", For: "a free worker (4 of 4 in work)", Since: 3}},
		Next:    []Next{{Command: "tandem status", Why: "look again; the copy needs about 16s"}},
	}
}

func TestStatusScreen(t *testing.T) {
	t.Parallel()
	streaming := copying()
	streaming.Phase = PhaseStreaming
	streaming.Copy.TablesDone = 4
	streaming.Copy.RowRate = 0
	for i := range streaming.Copy.Tables {
		streaming.Copy.Tables[i].State = TableDone
	}
	streaming.Links[0] = Link{Name: "forward", State: "streaming", LagSeconds: 0.012, Conflicts: 2, TxRate: 3}
	streaming.Waiting = nil
	broken := Status{Migration: "courier", Phase: PhaseFailed, Source: Side{Server: "a:3306", Error: "nobody answers"}, Target: Side{Server: "b:3306"},
		Links: []Link{{Name: "forward", State: "stopped", LagSeconds: -1, LagBytes: -1, LagTx: -1, Error: "position purged"}}}
	handed := streaming
	handed.Groups = []Group{
		{Name: "default", Tables: 12, Owner: "source", Epoch: 1, Guards: GuardsArmed, BehindSeconds: 0.012, ProvenAt: handed.At.Add(-90 * time.Second), Rollback: "not handed over"},
		{Name: "reports", Tables: 3, Owner: "target", Epoch: 2, Guards: "3/3 source, 2/3 target", Fences: []string{"accounts on the source"}, BehindSeconds: 0.2,
			Mismatches: 2, Breaches: 1, Breach: []string{"insert on courier.reports, row id=7, in transaction 3E11FA47-71CA-11E1-9E33-C80AA9429562:23"}, Rollback: "loses nothing"},
		{Name: "orders", Tables: 5, Epoch: 3, Guards: GuardsOff, BehindSeconds: -1, Rollback: "the reverse link is stopped: start tandem replicate first"},
	}
	indexing := copying()
	indexing.Copy.Tables[2].State, indexing.Copy.Tables[2].RowRate = TableIndexing, 0
	for name, s := range map[string]Status{"copying": copying(), "indexing": indexing, "streaming": streaming, "failed": broken, "groups": handed} {
		var b bytes.Buffer
		if err := WriteStatus(Stream{Writer: &b}, s); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "testdata/"+"status_"+name+".txt", b.String())
		for i, line := range strings.Split(b.String(), "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: line %d ends with blanks", name, i+1)
			}
		}
	}
}

func TestColourOnlyAddsColour(t *testing.T) {
	t.Parallel()
	var plain, colour bytes.Buffer
	if err := WriteStatus(Stream{Writer: &plain}, copying()); err != nil {
		t.Fatal(err)
	}
	if err := WriteStatus(Stream{Writer: &colour, Color: true}, copying()); err != nil {
		t.Fatal(err)
	}
	text := colour.String()
	if !strings.Contains(text, "\x1b[") {
		t.Error("no colour on a stream with colour")
	}
	for _, style := range []Style{Bold, Dim, Red, Green, Yellow, Cyan} {
		text = strings.ReplaceAll(text, "\x1b["+string(style)+"m", "")
	}
	if diff := cmp.Diff(plain.String(), strings.ReplaceAll(text, "\x1b[0m", "")); diff != "" {
		t.Errorf("-plain +colour without its codes\n%s", diff)
	}
}
