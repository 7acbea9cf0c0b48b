package ui

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ErrNoInput says that a question cannot be asked: there is no terminal to ask
// on, or --no-input was given.
var ErrNoInput = errors.New("there is nobody to ask")

// Prompter asks questions. They go to standard error, so that standard output
// stays the result.
type Prompter struct {
	in  *bufio.Reader
	out Stream
	ask bool
}

// NewPrompter returns a prompter that asks only if in is a terminal and
// questions are wanted.
func NewPrompter(in io.Reader, out Stream, noInput bool) *Prompter {
	f, ok := in.(*os.File)
	return &Prompter{in: bufio.NewReader(in), out: out, ask: ok && !noInput && term.IsTerminal(int(f.Fd()))}
}

// CanAsk reports whether there is somebody to ask.
func (p *Prompter) CanAsk() bool { return p.ask }

// Ask asks for a line. An empty answer means the default. check, if not nil,
// says what is wrong with an answer; the question is then asked again.
func (p *Prompter) Ask(question, byDefault string, check func(string) error) (string, error) {
	if !p.ask {
		return "", fmt.Errorf("%s: %w", question, ErrNoInput)
	}
	for {
		hint := ""
		if byDefault != "" {
			hint = " " + p.out.Paint(Dim, "["+byDefault+"]")
		}
		if _, err := fmt.Fprintf(p.out, "%s%s: ", question, hint); err != nil {
			return "", err
		}
		line, err := p.in.ReadString('\n')
		if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
			return "", fmt.Errorf("%s: read the answer: %w", question, err)
		}
		answer := strings.TrimSpace(line)
		if answer == "" {
			answer = byDefault
		}
		if check == nil {
			return answer, nil
		}
		problem := check(answer)
		if problem == nil {
			return answer, nil
		}
		if _, err := fmt.Fprintf(p.out, "  %s\n", p.out.Paint(Red, problem.Error())); err != nil {
			return "", err
		}
	}
}

// Confirm asks to type a word, for what cannot be undone.
func (p *Prompter) Confirm(question, word string) (bool, error) {
	answer, err := p.Ask(fmt.Sprintf("%s; type %s to go on", question, word), "", nil)
	return answer == word, err
}
