package cli

import (
	"fmt"
	"strings"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/replicate"
)

// view turns the status of a migration's links, the forward one first, into
// what screens show.
func view(links ...replicate.Status) ui.Status {
	st := links[0]
	v := ui.Status{
		SchemaVersion: ui.StatusVersion, At: st.At, Migration: st.Migration, Phase: phase(st),
		Source: ui.Side{Server: st.Source.Address, Version: st.Source.Version, Position: st.Source.Executed,
			UUID: st.Source.UUID, File: st.Source.File, Pos: st.Source.Pos},
		Target: ui.Side{Server: st.Target.Address, Version: st.Target.Version, Position: st.Applied.GTID,
			UUID: st.Target.UUID, File: st.Applied.File, Pos: st.Applied.Pos},
		Copy: viewCopy(st.Copy),
		// Empty lists, not null, for those who read JSON.
		Links: []ui.Link{}, Groups: []ui.Group{}, Waiting: []ui.Wait{}, Next: []ui.Next{},
	}
	if v.At.IsZero() {
		v.At = time.Now().UTC() // nothing was heard from the link yet
	}
	if st.Daemon.Running {
		v.Replicator = fmt.Sprintf("%s, process %d", st.Daemon.Host, st.Daemon.PID)
	}
	for _, l := range links {
		if l.State != replicate.NotStarted && l.State != replicate.Preparing {
			v.Links = append(v.Links, viewLink(l))
		}
	}
	for _, w := range st.Waiting {
		who, what, _ := strings.Cut(w, ": ")
		v.Waiting = append(v.Waiting, ui.Wait{Who: who, For: what})
	}
	for _, n := range st.Next {
		command, why, _ := strings.Cut(n, "   ")
		v.Next = append(v.Next, ui.Next{Command: command, Why: why})
	}
	return v
}

func phase(st replicate.Status) ui.Phase {
	switch st.State {
	case replicate.NotStarted:
		return ui.PhaseNone
	case replicate.Preparing, replicate.Retrying:
		return ui.PhasePreparing
	case replicate.Copying:
		return ui.PhaseCopying
	case replicate.Streaming, replicate.CaughtUp:
		return ui.PhaseStreaming
	case replicate.Failed:
		return ui.PhaseFailed
	}
	return ui.PhaseStopped
}

func viewLink(st replicate.Status) ui.Link {
	return ui.Link{
		Name: string(st.Link), State: string(st.State), Position: st.Applied.GTID,
		LagSeconds: st.Lag.Seconds, LagBytes: int64(st.Lag.Bytes), LagTx: st.Lag.Transactions,
		Applied: st.Stream.Transactions, TxRate: st.Stream.PerSecond, RowRate: st.Stream.RowsPerSecond,
		SpoolBytes: st.Stream.SpoolBytes, Conflicts: st.Conflicts, Breaches: st.Breaches, Error: st.Error,
	}
}

func viewCopy(c replicate.Copy) ui.Copy {
	v := ui.Copy{
		Tables:      []ui.TableCopy{},
		TablesTotal: len(c.Tables), RowsDone: c.Rows, RowsTotal: c.RowsTotal,
		BytesDone: c.Bytes, RowRate: c.RowsPerSec, ByteRate: c.BytesPerSec,
	}
	for _, t := range c.Tables {
		if t.State == ui.TableDone {
			v.TablesDone++
		}
		v.Tables = append(v.Tables, ui.TableCopy{
			Name: t.Name, State: t.State, RowsDone: t.Rows, RowsTotal: t.RowsTotal, BytesDone: t.Bytes, RowRate: t.RowsPerSec,
		})
	}
	return v
}
