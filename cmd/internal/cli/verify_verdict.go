package cli

import (
	"errors"
	"fmt"
	"strings"

	"tandem/cmd/internal/render"
	"tandem/verify"
)

// parityError says that two databases are not equal, or not known to be.
type parityError struct {
	outcome verify.Outcome
	text    string
}

func (e *parityError) Error() string { return e.text }

// code is what the program ends with.
func (e *parityError) code() int {
	if e.outcome == verify.Mismatch {
		return exitMismatch
	}
	return exitInconclusive
}

// verdict turns a report into how the program ends: nil means parity.
func verdict(r *verify.Report, link linkState) error {
	var hints []string
	c := r.Totals.Counts
	if link.link == nil && (c.Unresolved > 0 || link.behind > 0 && r.Outcome == verify.Mismatch) {
		hint := "no link is running, so the servers were taken to be at rest"
		if link.behind > 0 {
			hint += fmt.Sprintf("; the target may lack what the source's last %s changed: tandem replicate brings it up", amount(link.behind, "transaction"))
		}
		hints = append(hints, hint)
	}
	switch r.Outcome {
	case verify.Equal:
		return nil
	case verify.Mismatch:
		tables := 0
		for _, t := range r.Tables {
			if t.Outcome == verify.Mismatch {
				tables++
			}
		}
		return withHint(&parityError{r.Outcome, fmt.Sprintf("the databases are not equal: %s in %s",
			amount(c.Missing+c.Extra+c.Different+c.CollationOnly, "row"), amount(int64(tables), "table"))}, hints...)
	}
	var parts []string
	if len(r.Tables) == 0 {
		parts = append(parts, "no table was compared")
		hints = append(hints, "tandem config show prints the patterns of the tables that move")
	}
	if r.Totals.Skipped > 0 {
		parts = append(parts, amount(int64(r.Totals.Skipped), "table")+" skipped")
	}
	if c.Unresolved > 0 {
		parts = append(parts, amount(c.Unresolved, "row")+" unresolved")
		hints = append(hints, "rows that are written to all the time can not be compared; try again when there is less load")
	}
	return withHint(&parityError{r.Outcome, "nothing is known to differ, but not all was compared: " + strings.Join(parts, ", ")}, hints...)
}

func amount(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// joinErrors is errors.Join that keeps a single error as it is.
func joinErrors(list ...error) error {
	var all []error
	for _, err := range list {
		if err != nil {
			all = append(all, err)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}

// schemaVerdict is the same for a comparison of definitions.
func schemaVerdict(r *render.SchemaReport) error {
	switch {
	case r.Counts.Mismatch == 1:
		return &parityError{r.Outcome, "1 definition differs"}
	case r.Counts.Mismatch > 1:
		return &parityError{r.Outcome, fmt.Sprintf("%d definitions differ", r.Counts.Mismatch)}
	case r.Outcome == verify.Inconclusive:
		return withHint(&parityError{r.Outcome, "nothing is known to differ, but not all could be compared"},
			"the findings say what could not; --without-accounts leaves users and grants out")
	}
	return nil
}
