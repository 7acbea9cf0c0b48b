package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"tandem/cmd/internal/render"
	"tandem/internal/config"
	"tandem/internal/schema"
	"tandem/replicate"
	"tandem/verify"
	"tandem/verify/schemadiff"
)

// verification is one run of tandem verify.
type verification struct {
	*app
	opts verifyOptions
	file *config.Config

	scope *scope
	links replicate.Config
	cfg   verify.Config

	mu sync.Mutex
	// copying are the tables that were left out, since their copy is not done.
	copying map[schema.Name]string
}

// prepare turns the file and the flags into what the engine works with.
func (v *verification) prepare() (err error) {
	if v.opts.repair && v.opts.confirm != "" && v.opts.confirm != v.file.Migration {
		return usageError(fmt.Errorf("--confirm: this migration is called %s, not %s", v.file.Migration, v.opts.confirm))
	}
	if v.scope, err = newScope(v.file, &v.opts); err != nil {
		return err
	}
	if v.links, err = linkConfig(v.file, v.clouds); err != nil {
		return err
	}
	share, err := v.opts.share()
	if err != nil {
		return err
	}
	v.cfg = verify.Config{
		Migration: v.file.Migration, Source: v.links.Source, Target: v.links.Target,
		Tables: v.scope.match, Group: v.scope.group,
		Sample: share, Method: verify.Method(v.opts.method), Workers: v.opts.workers,
		ShowValues: v.opts.showValues, Fresh: v.opts.fresh, Logger: v.log,
	}
	if v.opts.repair || v.opts.repairSQL != "" {
		v.cfg.MaxFindings = repairFindings
	}
	return nil
}

// repairFindings is how many findings of a table are kept for a repair.
const repairFindings = 10_000

// inconclusive is an error that ends with exit code 5.
func inconclusive(format string, args ...any) *parityError {
	return &parityError{outcome: verify.Inconclusive, text: fmt.Sprintf(format, args...)}
}

// rows compares rows, and repairs them if that is asked for.
func (v *verification) rows(ctx context.Context) error {
	link, err := v.verifier.link(ctx, v.links)
	if err != nil {
		return err
	}
	defer link.close()
	if link.preparing {
		return withHint(inconclusive("verify: tandem replicate is still preparing, and there is nothing to compare yet"),
			"tandem status says how far it is")
	}
	v.cfg.Link, v.cfg.Reverse = link.link, link.reverse
	v.leaveOut(link.copying)
	if v.opts.watch {
		return v.watch(ctx)
	}
	v.stage.stopping("finishing what is in hand", "the same command goes on where this one stopped")
	progress := v.newVerifyProgress()
	v.cfg.Progress = progress.update
	report, err := v.compare(ctx)
	progress.close()
	if err != nil {
		return err
	}
	v.addLeftOut(report)
	report.Judge(v.opts.allowCollation)
	failed := v.repairs(ctx, report, link)
	if err := v.showRows(report); err != nil {
		return err
	}
	return joinErrors(verdict(report, link), failed, v.writeFiles(render.FromRows(report)))
}

// leaveOut keeps tables out of the comparison whose copy is not done.
func (v *verification) leaveOut(copying map[string]string) {
	if len(copying) == 0 {
		return
	}
	match := v.cfg.Tables
	v.copying = map[schema.Name]string{}
	v.cfg.Tables = func(n schema.Name) bool {
		if !match(n) {
			return false
		}
		state, out := copying[n.String()]
		if out {
			v.mu.Lock()
			v.copying[n] = state
			v.mu.Unlock()
		}
		return !out
	}
}

// addLeftOut says in the report what was left out: skipped is never success.
func (v *verification) addLeftOut(r *verify.Report) {
	for n, state := range v.copying {
		r.Tables = append(r.Tables, verify.TableResult{
			Schema: n.Schema, Table: n.Table, Group: v.scope.group(n), Outcome: verify.Inconclusive,
			Skipped: "its copy is not done (" + state + ")",
		})
		r.Totals.Tables++
		r.Totals.Skipped++
	}
	slices.SortStableFunc(r.Tables, func(a, b verify.TableResult) int {
		return cmp.Or(strings.Compare(a.Schema, b.Schema), strings.Compare(a.Table, b.Table))
	})
}

// definitions compares everything beside the rows.
func (v *verification) definitions(ctx context.Context) error {
	link, err := v.verifier.link(ctx, v.links)
	if err != nil {
		return err
	}
	link.close()
	accounts := map[string]string{}
	for _, pair := range v.opts.accounts {
		from, to, _ := strings.Cut(pair, "=")
		accounts[from] = to
	}
	report, err := v.verifier.definitions(ctx, v.cfg, schemadiff.Config{
		Tables: v.cfg.Tables, Schemas: v.schemas(), Accounts: accounts, IgnoreUsers: v.opts.ignoreAccounts,
		WithoutAccounts: v.opts.withoutAccounts, Linked: link.link != nil,
	})
	if err != nil {
		return err
	}
	if err := v.showSchema(report); err != nil {
		return err
	}
	return joinErrors(schemaVerdict(report), v.writeFiles(render.FromSchema(report)))
}

// schemas tells which databases' views, routines and events are compared: those
// of the file, unless only some tables are asked for.
func (v *verification) schemas() func(string) bool {
	if len(v.opts.tables)+len(v.opts.groups) > 0 {
		return nil
	}
	return v.file.Tables.Filter().MatchDatabase
}
