package mysqldb_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tandem/internal/change"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox/sandboxtest"
)

func TestPositions(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]func(testing.TB, ...sandboxtest.Option) pairOf{"9.7": own, "5.6": own56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := p(t).Source
			db := openAs(t, s, mysqldb.Options{})
			before, err := mysqldb.BinlogEnd(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			executed, err := mysqldb.Executed(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			if err := mysqldb.WaitExecuted(t.Context(), db, executed); err != nil {
				t.Error(err)
			}
			facts, err := mysqldb.LoadFacts(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			// Wait for a transaction that comes only now.
			sid, err := change.ParseSID(facts.ServerUUID)
			if err != nil {
				t.Fatal(err)
			}
			coming := executed.Clone()
			coming.Add(change.GTID{SID: sid, GNO: executed.Count() + 1})
			done := make(chan error, 1)
			go func() { done <- mysqldb.WaitExecuted(t.Context(), db, coming) }()
			sandboxtest.Exec(t, sandboxtest.RootDB(t, s, ""), "CREATE DATABASE coming")
			if err := <-done; err != nil {
				t.Error(err)
			}
			after, err := mysqldb.BinlogEnd(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			if after.Compare(before) <= 0 {
				t.Errorf("end went from %v to %v", before, after)
			}
			sandboxtest.Exec(t, sandboxtest.RootDB(t, s, ""), "FLUSH LOGS", "CREATE DATABASE more")
			end, err := mysqldb.BinlogEnd(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			files, err := mysqldb.BinlogFiles(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			if len(files) != 2 || files[1].Name != end.File || files[1].Size != end.Pos {
				t.Errorf("files %v, end %v", files, end)
			}
			if got, want := mysqldb.BytesBetween(files, before, end), files[0].Size-before.Pos+end.Pos; got != want {
				t.Errorf("%d bytes between, want %d", got, want)
			}
			if got := mysqldb.BytesBetween(files, end, before); got != 0 {
				t.Errorf("%d bytes backwards", got)
			}
			// Wait for one that never comes.
			coming.Add(change.GTID{SID: sid, GNO: 1000})
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := mysqldb.WaitExecuted(ctx, db, coming); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	for name, p := range both(t) {
		f, err := mysqldb.LoadFacts(t.Context(), openAs(t, p.Source, mysqldb.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if f.Version.Series() != name || f.Flavour != mysqldb.Community || f.GTIDMode != "ON" || f.EnforceGTIDConsistency != "ON" ||
			!f.LogBin || f.BinlogFormat != "ROW" || f.BinlogRowImage != "FULL" || f.BinlogRowValueOptions != "" ||
			len(f.ServerUUID) != 36 || f.ServerID == 0 || f.MaxAllowedPacket < 1<<20 || f.TimeZone == "" || f.CollationServer == "" {
			t.Errorf("%s: %+v", name, f)
		}
		if want := name != "5.6"; f.ExplicitDefaultsForTimestamp != want || (f.BinlogRowMetadata == "FULL") != want {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
