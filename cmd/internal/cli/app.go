package cli

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
)

// app is what all verbs share: the streams, the flags of the root, the log.
type app struct {
	Process
	out, err ui.Stream
	flags    globalFlags
	log      *slog.Logger

	logTo *redirect
	stage stage

	clouds   *clouds
	engine   engine
	verifier verifier
}

// globalFlags are the flags every verb has.
type globalFlags struct {
	config    string
	set       []string
	output    string
	logFormat string
	logLevel  string
	color     string
	noInput   bool
}

// What the flags of the root accept.
var (
	outputs    = []string{"table", "json", "yaml"}
	logFormats = []string{"text", "json"}
	logLevels  = []string{"debug", "info", "warn", "error"}
	colors     = []string{ui.ColorAuto, ui.ColorAlways, ui.ColorNever}
)

func newApp(p Process) *app {
	c := newClouds(p)
	a := &app{Process: p, logTo: &redirect{to: p.Stderr}, clouds: c, engine: linkEngine{tune: p.Tune, clouds: c}, verifier: verifyEngine{}}
	a.log = slog.New(slog.DiscardHandler)
	a.openStreams()
	return a
}

func (a *app) openStreams() {
	a.out = ui.NewStream(a.Stdout, a.flags.color, a.Env)
	a.err = ui.NewStream(a.Stderr, a.flags.color, a.Env)
}

// moreOutputs is the annotation of a verb that has one more format of its
// result.
const moreOutputs = "outputs"

// outputsOf returns the formats of a verb's result.
func outputsOf(cmd *cobra.Command) []string {
	if more := cmd.Annotations[moreOutputs]; more != "" {
		return append(slices.Clone(outputs), more)
	}
	return outputs
}

// prepare checks the flags of the root and makes what depends on them. It runs
// before every verb.
func (a *app) prepare(cmd *cobra.Command) error {
	for _, f := range []struct {
		flag, value string
		options     []string
	}{
		{"output", a.flags.output, outputsOf(cmd)},
		{"log-format", a.flags.logFormat, logFormats},
		{"log-level", a.flags.logLevel, logLevels},
		{"color", a.flags.color, colors},
	} {
		if err := oneOf(f.flag, f.value, f.options); err != nil {
			return err
		}
	}
	a.openStreams()
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil {
		return usageError(fmt.Errorf("--log-level: %w", err))
	}
	if a.flags.logFormat == "json" {
		a.log = slog.New(slog.NewJSONHandler(a.logTo, &slog.HandlerOptions{Level: level}))
	} else {
		format := "2006-01-02T15:04:05.000Z07:00"
		if a.err.TTY {
			format = "15:04:05"
		}
		a.log = slog.New(tint.NewTextHandler(a.logTo, &tint.Options{Level: level, TimeFormat: format, NoColor: !a.err.Color}))
	}
	return nil
}

// load reads the configuration with the environment and --set applied.
func (a *app) load() (*config.Config, error) {
	overrides, err := a.overrides()
	if err != nil {
		return nil, err
	}
	return config.Load(a.flags.config, a.Env, overrides)
}

// progress returns what shows a long run on standard error. The log goes
// through it until it is closed, so that lines and bars do not mix.
func (a *app) progress() ui.Progress {
	var p ui.Progress
	switch {
	case a.flags.logFormat == "json":
		p = ui.NewEvents(a.log, a.Stderr, ui.LineEvery)
	case a.err.TTY:
		p = ui.NewBars(a.err)
		a.logTo.set(p)
	default:
		p = ui.NewLines(a.Stderr, ui.LineEvery)
	}
	return closing{Progress: p, after: func() { a.logTo.set(a.Stderr) }}
}

type closing struct {
	ui.Progress
	after func()
}

func (c closing) Close() {
	c.Progress.Close()
	c.after()
}

// say writes a message for the person at the terminal.
func (a *app) say(format string, args ...any) {
	// There is nowhere to report that standard error is gone.
	_, _ = fmt.Fprintf(a.logTo, format+"\n", args...)
}

// redirect is a writer whose destination can change.
type redirect struct {
	mu sync.Mutex
	to io.Writer
}

func (r *redirect) set(to io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = to
}

func (r *redirect) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.to.Write(p)
}
