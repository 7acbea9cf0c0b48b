package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"tandem/cmd/internal/ui"
	"tandem/verify"
)

// verifyProgress shows how a comparison goes on: one line that is rewritten on a
// terminal, one now and then elsewhere.
type verifyProgress struct {
	app   *app
	began time.Time
	last  time.Time // for log events

	mu   sync.Mutex
	live *ui.Live
	out  io.Writer
}

func (a *app) newVerifyProgress() *verifyProgress {
	p := &verifyProgress{app: a, began: time.Now(), last: time.Now(), live: ui.NewLive(a.err), out: a.Stderr}
	if a.err.TTY {
		// The log goes above the line.
		a.logTo.set(p)
	}
	return p
}

// Write writes to the log.
func (p *verifyProgress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live.Done("")
	return p.out.Write(text)
}

func (p *verifyProgress) update(now verify.Progress) {
	if p.app.flags.logFormat == "json" {
		if time.Since(p.last) >= ui.LineEvery {
			p.last = time.Now()
			p.app.log.Info("progress", "tables_done", now.TablesDone, "tables", now.Tables, "rows", now.Rows, "rows_estimated", now.RowsEstimated,
				"bytes", now.Bytes, "unsettled", now.Unsettled, "mismatches", now.Mismatches, "table", now.Table)
		}
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live.Set(verifyLine(now, time.Since(p.began)))
}

func (p *verifyProgress) close() {
	p.mu.Lock()
	p.live.Done("")
	p.mu.Unlock()
	p.app.logTo.set(p.app.Stderr)
}

// verifyLine is the progress in one line.
func verifyLine(p verify.Progress, took time.Duration) string {
	rate := 0.0
	if took > 0 {
		rate = float64(p.Rows) / took.Seconds()
	}
	parts := []string{fmt.Sprintf("comparing, %d of %d tables, %s rows", p.TablesDone, p.Tables, ui.Short(float64(p.Rows)))}
	if percent := ui.Percent(p.Rows, p.RowsEstimated); percent != "" && p.Rows < p.RowsEstimated {
		parts[0] += " (" + percent + ")"
	}
	parts = append(parts, ui.Bytes(p.Bytes))
	if rate > 0 {
		parts = append(parts, ui.Rate(rate, "rows"))
	}
	if eta := ui.ETA(p.RowsEstimated-p.Rows, rate); eta != "" {
		parts = append(parts, "eta "+eta)
	}
	if p.Unsettled > 0 {
		parts = append(parts, fmt.Sprintf("%s looked at again", amount(int64(p.Unsettled), "row")))
	}
	if p.Mismatches > 0 {
		parts = append(parts, amount(p.Mismatches, "row")+" different")
	}
	if p.Table != "" {
		parts = append(parts, p.Table)
	}
	return strings.Join(parts, ", ")
}
