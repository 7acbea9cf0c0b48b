package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tandem/cmd/internal/ui"
	"tandem/internal/change"
	"tandem/internal/config"
	"tandem/internal/schema"
	"tandem/internal/suggest"
	"tandem/verify"
)

// check finds what is wrong with the flags before anything is begun.
func (o *verifyOptions) check(a *app) error {
	if o.method != "" {
		if err := oneOf("method", o.method, []string{string(verify.Server), string(verify.Stream)}); err != nil {
			return err
		}
	}
	if o.direction != "" {
		if err := oneOf("direction", o.direction, []string{string(verify.SourceToTarget), string(verify.TargetToSource)}); err != nil {
			return err
		}
	}
	if _, err := o.share(); err != nil {
		return usageError(withHint(err, "write 5% or 0.05"))
	}
	if o.workers < 0 || o.workers > maxVerifyWorkers {
		return usageError(fmt.Errorf("--workers: %d is not between 1 and %d", o.workers, maxVerifyWorkers))
	}
	if _, err := change.ParseGTIDSet(o.sinceGTID); err != nil {
		return usageError(fmt.Errorf("--since-gtid: %w", err))
	}
	repairs := o.repair || o.repairSQL != ""
	files := o.junit != "" || o.sarif != "" || o.html != "" || o.github
	some := 0
	for _, used := range []bool{o.sinceGTID != "", o.touched, o.watch, o.sample != ""} {
		if used {
			some++
		}
	}
	switch {
	case some > 1:
		return usageError(fmt.Errorf("verify: of --sample, --since-gtid, --touched and --watch only one can be given"))
	case o.schema && some > 0:
		return usageError(fmt.Errorf("verify: --sample, --since-gtid, --touched and --watch are about rows, --schema is about everything else"))
	case o.watch && (repairs || files):
		return usageError(withHint(fmt.Errorf("verify: --watch has no end, so it writes no files and repairs nothing"),
			"run tandem verify --touched for that"))
	case o.schema && repairs:
		return usageError(withHint(fmt.Errorf("verify: --repair and --repair-sql are about rows, --schema is about everything else"),
			"with --schema every finding has the statement that mends it"))
	case o.schema && (o.method != "" || o.showValues || o.allowCollation):
		return usageError(fmt.Errorf("verify: --method, --show-values and --allow-collation-only are about rows, --schema is about everything else"))
	case !o.schema && (len(o.accounts) > 0 || len(o.ignoreAccounts) > 0 || o.withoutAccounts):
		return usageError(fmt.Errorf("verify: --account, --ignore-account and --without-accounts go with --schema"))
	case !repairs && o.direction != "":
		return usageError(fmt.Errorf("verify: --direction goes with --repair or --repair-sql"))
	case !o.repair && o.confirm != "":
		return usageError(fmt.Errorf("verify: --confirm goes with --repair"))
	case o.repair && o.confirm == "" && !ui.NewPrompter(a.Stdin, a.err, a.flags.noInput).CanAsk():
		return usageError(withHint(fmt.Errorf("verify: --repair asks before it changes anything, and there is nobody to ask"),
			"give --confirm with the migration's name"))
	}
	for _, f := range []struct{ flag, path string }{
		{"--junit", o.junit}, {"--sarif", o.sarif}, {"--html", o.html}, {"--repair-sql", o.repairSQL},
	} {
		if err := checkFile(f.flag, f.path); err != nil {
			return usageError(err)
		}
	}
	for _, pair := range o.accounts {
		if from, _, ok := strings.Cut(pair, "="); !ok || from == "" {
			return usageError(fmt.Errorf("--account %s: write source=target, such as app@%%=app_rails@10.%%", pair))
		}
	}
	return nil
}

// maxVerifyWorkers keeps a slip from opening a thousand connections.
const maxVerifyWorkers = 64

// checkFile makes sure that a result can be written before there is one.
func checkFile(flag, path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s: %s is a folder", flag, path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s: there is no folder %s", flag, filepath.Dir(path))
	}
	return nil
}

// share is the share of the rows that is compared, 0 for all.
func (o *verifyOptions) share() (float64, error) {
	if o.sample == "" {
		return 0, nil
	}
	text, percent := strings.CutSuffix(o.sample, "%")
	share, err := strconv.ParseFloat(text, 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share > 0 && share <= 1) {
		return 0, fmt.Errorf("--sample: %q is no share above 0 and up to 100%%", o.sample)
	}
	return share, nil
}

// scope tells which tables are compared, and which group one is in.
type scope struct {
	filter config.TableFilter
	only   []config.Pattern
	groups []string
	all    config.Groups
}

func newScope(c *config.Config, o *verifyOptions) (*scope, error) {
	s := &scope{filter: c.Tables.Filter(), groups: o.groups, all: c.Groups}
	for _, text := range o.tables {
		p, err := config.ParsePattern(text)
		if err != nil {
			return nil, usageError(fmt.Errorf("--tables: %w", err))
		}
		s.only = append(s.only, p)
	}
	names := append(slices.Sorted(maps.Keys(c.Groups)), config.DefaultGroup)
	for _, g := range o.groups {
		if slices.Contains(names, g) {
			continue
		}
		hint := "the groups are " + strings.Join(names, ", ")
		if near := suggest.Nearest(g, names); near != "" {
			hint = "did you mean --groups " + near + "?"
		}
		return nil, usageError(withHint(fmt.Errorf("--groups: there is no group %q", g), hint))
	}
	return s, nil
}

func (s *scope) group(n schema.Name) string {
	for _, name := range slices.Sorted(maps.Keys(s.all)) {
		if slices.ContainsFunc(s.all[name], func(p config.Pattern) bool { return p.Match(n.Schema, n.Table) }) {
			return name
		}
	}
	return config.DefaultGroup
}

func (s *scope) match(n schema.Name) bool {
	return s.filter.Match(n.Schema, n.Table) &&
		(len(s.only) == 0 || slices.ContainsFunc(s.only, func(p config.Pattern) bool { return p.Match(n.Schema, n.Table) })) &&
		(len(s.groups) == 0 || slices.Contains(s.groups, s.group(n)))
}
