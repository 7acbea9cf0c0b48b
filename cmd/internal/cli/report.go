package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/render"
	"tandem/cmd/internal/ui"
	"tandem/internal/cloud"
	"tandem/internal/config"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

type reportOptions struct{ run, to, journal string }

func newReportCommand(a *app) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write down what a run did",
		Long: `Tell what a run of a plan did, from the journal: its steps with their times, how
long writers waited, who approved, what was found. It needs one copy of the journal,
that of either database or the one beside tandem.yaml.

With --to the report goes to a bucket, too, as JSON, or as a page with -o html. What
is there is never overwritten: who may write reports can not change them.

EXIT STATUS
   0  the report is written
   1  failed, or there is no such run, or the bucket has its report already
   2  wrong usage, or a mistake in tandem.yaml`,
		Example: `  tandem report
  tandem report --run 20261122-202400-ab12 -o html > report.html
  tandem report --to s3://my-reports/courier
  tandem report -o html --to gs://my-reports/courier`,
		Args:        noArgs,
		Annotations: map[string]string{moreOutputs: "html"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return runReport(cmd.Context(), a, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.run, "run", "", "the `run`; the last one unless given")
	f.StringVar(&o.to, "to", "", "`where` to put it, too: gs://BUCKET/PREFIX or s3://BUCKET/PREFIX[?region=REGION]")
	f.StringVar(&o.journal, "journal", "", "`file` of the journal on this machine")
	return cmd
}

func runReport(ctx context.Context, a *app, o reportOptions) error {
	var to *destination
	if o.to != "" {
		var err error
		if to, err = parseDestination(o.to); err != nil {
			return usageError(fmt.Errorf("--to: %w", err))
		}
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	list, err := a.pastRuns(ctx, cfg, o.journal)
	if err != nil {
		return err
	}
	past, err := pickRun(list, o.run)
	if err != nil {
		return err
	}
	r := accountOf(cfg.Migration, past)
	if to != nil {
		name, err := a.upload(ctx, cfg, r, to)
		if err != nil {
			return err
		}
		a.say("the report is at %s", name)
	}
	if a.flags.output == "html" {
		return r.html(a.out)
	}
	return a.result(r, r.write)
}

// pastRuns reads the journal from wherever there is a copy.
func (a *app) pastRuns(ctx context.Context, cfg *config.Config, file string) ([]runner.Past, error) {
	w, err := a.planWork(ctx, cfg, file, true)
	if err == nil {
		defer w.close()
		return w.history(ctx)
	}
	if ctx.Err() != nil {
		return nil, err
	}
	a.say("%s neither side's copy of the journal can be read: %v", a.err.Paint(ui.Yellow, "note:"), err)
	if file == "" {
		file = filepath.Join(filepath.Dir(cfg.File()), ".tandem", "journal", cfg.Migration+".jsonl")
	}
	chain, unread := journal.NewFile(file).Read(ctx)
	if unread != nil || len(chain.Entries) == 0 {
		return nil, errors.Join(err, unread)
	}
	return runner.Pasts(chain), nil
}

func pickRun(list []runner.Past, run string) (runner.Past, error) {
	if len(list) == 0 {
		return runner.Past{}, withHint(errors.New("report: no plan has been run"), "tandem plan run runs one")
	}
	if run == "" {
		return list[len(list)-1], nil
	}
	var names []string
	for _, p := range list {
		if p.Run == run {
			return p, nil
		}
		names = append(names, p.Run)
	}
	return runner.Past{}, withHint(fmt.Errorf("report: the journal has no run %q", run), "its runs are "+strings.Join(names[max(0, len(names)-10):], ", "))
}

// destination is a place in a bucket.
type destination struct{ scheme, bucket, prefix, region string }

func parseDestination(text string) (*destination, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "gs" && u.Scheme != "s3" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is neither gs://BUCKET/PREFIX nor s3://BUCKET/PREFIX", text)
	}
	return &destination{u.Scheme, u.Host, strings.Trim(u.Path, "/"), u.Query().Get("region")}, nil
}

func (d *destination) object(name string) string {
	if d.prefix == "" {
		return name
	}
	return d.prefix + "/" + name
}

// upload puts the report into a bucket, in which there is none of this run yet.
func (a *app) upload(ctx context.Context, cfg *config.Config, r report, to *destination) (string, error) {
	var body bytes.Buffer
	kind, extension := "application/json", ".json"
	write := func() error { return render.JSON(&body, r) }
	if a.flags.output == "html" {
		kind, extension = "text/html; charset=utf-8", ".html"
		write = func() error { return r.html(&body) }
	}
	if err := write(); err != nil {
		return "", err
	}
	object := to.object(r.name() + extension)
	full := to.scheme + "://" + to.bucket + "/" + object
	store, err := a.store(ctx, cfg, to)
	if err != nil {
		return "", err
	}
	err = store.Create(ctx, to.bucket, object, kind, body.Bytes())
	if errors.Is(err, cloud.ErrExists) {
		return "", withHint(fmt.Errorf("upload %s: %w, and is never overwritten", full, err), "if that is not this run's report, give another prefix")
	}
	if err != nil {
		return "", fmt.Errorf("upload %s: %w", full, err)
	}
	return full, nil
}

// store returns the client of a bucket. That of S3 must know the bucket's region,
// which is the cluster's unless it is given.
func (a *app) store(ctx context.Context, cfg *config.Config, to *destination) (cloud.Store, error) {
	if to.scheme == "gs" {
		client, err := a.clouds.gcp(ctx)
		if err != nil {
			return nil, err
		}
		return client.Store(), nil
	}
	client, err := a.clouds.aws(ctx)
	if err != nil {
		return nil, err
	}
	region := to.region
	if region == "" && cfg.Target.Aurora != nil {
		region = cfg.Target.Aurora.Region
	}
	return client.Store(region), nil
}
