package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
)

// usage is an error of the person who typed the command.
type usage struct{ error }

func (u *usage) Unwrap() error { return u.error }

func usageError(err error) error { return &usage{err} }

// hinter is implemented by errors, here and everywhere, that know what to type
// next.
type hinter interface{ Hint() string }

type hintError struct {
	error
	hints []string
}

func (e *hintError) Unwrap() error { return e.error }
func (e *hintError) Hint() string  { return strings.Join(e.hints, "\n") }

// withHint adds what to type next to an error.
func withHint(err error, hints ...string) error {
	return &hintError{error: err, hints: hints}
}

// hintsOf collects the hints of an error and of everything it wraps, outermost
// first.
func hintsOf(err error) []string {
	var hints []string
	var walk func(error)
	walk = func(err error) {
		if h, ok := err.(hinter); ok && h.Hint() != "" {
			for _, hint := range strings.Split(h.Hint(), "\n") {
				if !slices.Contains(hints, hint) {
					hints = append(hints, hint)
				}
			}
		}
		switch wrapped := err.(type) {
		case interface{ Unwrap() error }:
			if inner := wrapped.Unwrap(); inner != nil {
				walk(inner)
			}
		case interface{ Unwrap() []error }:
			for _, inner := range wrapped.Unwrap() {
				walk(inner)
			}
		}
	}
	walk(err)
	return hints
}

// failure is the last object on standard error when the output is JSON.
type failure struct {
	Message  string           `json:"message"`
	Hints    []string         `json:"hints,omitempty"`
	ExitCode int              `json:"exit_code"`
	Problems []config.Problem `json:"problems,omitempty"`
}

// report prints an error: for a person, or as one JSON object for a program.
func (a *app) report(err error) {
	var problems *config.Problems
	isProblems := errors.As(err, &problems)
	if a.flags.output == "json" || a.flags.logFormat == "json" {
		f := failure{Message: err.Error(), Hints: hintsOf(err), ExitCode: exitCode(err)}
		if isProblems {
			f.Message, f.Problems = summaryOf(problems), problems.List
		}
		data, _ := json.Marshal(map[string]failure{"error": f}) // strings and numbers always marshal
		a.say("%s", data)
		return
	}
	if isProblems {
		// Position first on the line, where editors and CI look for it.
		for _, p := range problems.List {
			a.say("%s", p)
		}
		a.say("%s %s", a.err.Paint(ui.Red, "tandem:"), summaryOf(problems))
		return
	}
	a.say("%s %s", a.err.Paint(ui.Red, "tandem:"), err)
	for _, hint := range hintsOf(err) {
		a.say("%s %s", a.err.Paint(ui.Cyan, "hint:"), hint)
	}
}

func summaryOf(p *config.Problems) string {
	what := p.File
	for _, one := range p.List {
		if one.From != "" {
			what = "the configuration"
		}
	}
	if len(p.List) == 1 {
		return what + " has a mistake"
	}
	return fmt.Sprintf("%s has %d mistakes", what, len(p.List))
}
