package cli

import (
	"context"
	"io"

	"tandem/internal/aws"
	"tandem/internal/gcp"
	"tandem/plans/runner"
	"tandem/replicate"
)

// Process is what the operating system gives to a program.
type Process struct {
	Args           []string // without the program's name
	Env            func(string) string
	LookupEnv      func(string) (string, bool)
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// GCP and AWS, if set, are asked in place of the real clouds, for tests.
	GCP *gcp.Client
	AWS *aws.Client
	// Tune, if set, changes what replication works with before it begins. It is
	// for test binaries that are this program with a fault inside.
	Tune func(*replicate.Config)
	// TuneRun does the same with what plans are run with.
	TuneRun func(*runner.Config)
}

// Main runs the program and returns its exit code.
func Main(p Process) int {
	a := newApp(p)
	defer a.clouds.close()
	ctx, stop := a.signals(context.Background())
	defer stop()
	root := newRootCommand(a)
	root.SetArgs(p.Args)
	err := root.ExecuteContext(ctx)
	err = interrupted(ctx, err)
	if err != nil {
		a.report(err)
	}
	return exitCode(err)
}
