package cli

import (
	"context"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/render"
	"tandem/verify"
)

type verifyOptions struct {
	tables, groups []string
	sample         string
	sinceGTID      string
	touched        bool
	schema         bool
	watch          bool
	showValues     bool
	fresh          bool
	method         string
	workers        int
	allowCollation bool

	accounts        []string
	ignoreAccounts  []string
	withoutAccounts bool

	junit, sarif, html string
	github             bool

	repairSQL string
	repair    bool
	direction string
	confirm   string
}

// outputCSV is the format of results that only verify has.
const outputCSV = "csv"

func newVerifyCommand(a *app) *cobra.Command {
	var opts verifyOptions
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare the rows of both sides, while both are written to",
		Long: `Compare every row of both sides, byte for byte, while both are written to and a
link runs, or at rest without one. Nothing is locked and nothing is changed. Rows
that differ are looked at again once the link has passed the source's position,
so what is on its way is no finding; rows that never stand still are listed as
unresolved.

After one full pass only what was written since needs comparing: --touched compares
the rows that the source's binlog names since they were proven equal, and --watch
goes on doing so until it is stopped.

With --schema everything beside the rows is compared instead: definitions,
counters, views, routines, triggers, events, users and grants.

Values are shown as hashes unless --show-values is given. Besides -o table, json
and yaml there is -o csv, with one finding a line.

--repair-sql writes the statements that would make one side like the other, by
default the side that does not own the tables like the one that does; --repair
runs them, and compares those rows again.

EXIT STATUS
    0  everything that was to be compared is equal (or is now, with --repair)
    1  failed; the message says on what
    2  wrong usage, or a mistake in tandem.yaml
    3  something differs
    5  nothing differs, but something was skipped or is unresolved
   10  the source cannot be reached, or does not let tandem in
   11  the target cannot be reached, or does not let tandem in
   13  the source has purged binlogs that --touched or --since-gtid need
  130  stopped by Ctrl-C or SIGTERM; the same command goes on`,
		Example: `  tandem verify
  tandem verify --tables 'courier.orders,courier.item_*' --show-values
  tandem verify -o json --junit verify.xml --sarif verify.sarif --github
  tandem verify --touched
  tandem verify --schema
  tandem verify --repair-sql repair.sql
  tandem verify --repair --confirm courier`,
		Args:        noArgs,
		Annotations: map[string]string{moreOutputs: outputCSV},
		RunE:        func(cmd *cobra.Command, _ []string) error { return runVerify(cmd.Context(), a, opts) },
	}
	opts.flags(cmd)
	cmd.AddCommand(newVerifyJSONSchemaCommand(a))
	return cmd
}

func (o *verifyOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&o.tables, "tables", nil, "only tables that match one of these `patterns`, such as 'courier.*'")
	f.StringSliceVar(&o.groups, "groups", nil, "only tables of these `groups`")
	f.StringVar(&o.sample, "sample", "", "compare a `share` of the rows only, such as 5% or 0.05")
	f.StringVar(&o.sinceGTID, "since-gtid", "", "compare only rows that were touched behind this GTID `set`")
	f.BoolVar(&o.touched, "touched", false, "compare only rows that were touched since the last full pass")
	f.BoolVar(&o.schema, "schema", false, "compare everything beside the rows instead")
	f.BoolVar(&o.watch, "watch", false, "go on comparing what the link applies")
	f.BoolVar(&o.showValues, "show-values", false, "show values instead of their hashes")
	f.BoolVar(&o.fresh, "fresh", false, "forget an interrupted run instead of going on with it")
	f.StringVar(&o.method, "method", "", "`where` digests are computed: server or stream (the faster one)")
	f.IntVar(&o.workers, "workers", 0, "compare this `number` of chunks at the same time (2)")
	f.BoolVar(&o.allowCollation, "allow-collation-only", false, "rows that are equal under the collation only are no mismatch")
	f.StringSliceVar(&o.accounts, "account", nil, "with --schema: `source=target`, the account that stands in for one; may be repeated")
	f.StringSliceVar(&o.ignoreAccounts, "ignore-account", nil, "with --schema: `account` or user name that is not compared")
	f.BoolVar(&o.withoutAccounts, "without-accounts", false, "with --schema: leave out users and grants")
	f.StringVar(&o.junit, "junit", "", "write the result as JUnit XML to a `file`")
	f.StringVar(&o.sarif, "sarif", "", "write the result as SARIF 2.1.0 to a `file`")
	f.StringVar(&o.html, "html", "", "write the result as one HTML page to a `file`")
	f.BoolVar(&o.github, "github", false, "write annotations and a job summary for GitHub Actions")
	f.StringVar(&o.repairSQL, "repair-sql", "", "write the statements that repair what differs to a `file`")
	f.BoolVar(&o.repair, "repair", false, "repair what differs, and compare those rows again")
	f.StringVar(&o.direction, "direction", "", "which `way` to repair: source-to-target or target-to-source (from the side that owns the tables)")
	f.StringVar(&o.confirm, "confirm", "", "with --repair: the migration's `name`, instead of being asked for it")
	completeFlag(cmd, "method", string(verify.Server), string(verify.Stream))
	completeFlag(cmd, "direction", string(verify.SourceToTarget), string(verify.TargetToSource))
}

func newVerifyJSONSchemaCommand(a *app) *cobra.Command {
	return schemaCommand(a, "json-schema", "what verify -o json prints", "  tandem verify json-schema > verify.schema.json", render.JSONSchema())
}

func runVerify(ctx context.Context, a *app, opts verifyOptions) error {
	if err := opts.check(a); err != nil {
		return err
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	v := &verification{app: a, opts: opts, file: cfg}
	if err := v.prepare(); err != nil {
		return err
	}
	if opts.schema {
		return v.definitions(ctx)
	}
	return v.rows(ctx)
}
