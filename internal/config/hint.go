package config

import "errors"

// hintedError carries what to write instead, apart from what is wrong.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// Hint says what to write instead; whoever prints the error shows it apart.
func (e *hintedError) Hint() string { return e.hint }

func hinted(err error, hint string) error {
	return &hintedError{error: err, hint: hint}
}

func hintOf(err error) string {
	var h *hintedError
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}
