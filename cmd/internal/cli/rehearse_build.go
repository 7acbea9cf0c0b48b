package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tandem/cmd/internal/ui"
	"tandem/internal/catalog"
	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/sandbox"
	"tandem/internal/schema"
	"tandem/plans"
	"tandem/plans/runner"
)

// build makes the tables on the pair's source, and a tandem.yaml for the pair.
func (r *rehearse) build(ctx context.Context) error {
	r.banks = map[string]string{}
	for _, group := range r.groupNames() {
		r.banks[group] = "tandem_bank_" + strings.ReplaceAll(group, "-", "_")
	}
	if r.opts.sample {
		if _, err := r.seed(ctx, r.pair.Source, r.opts.up.seed); err != nil {
			return err
		}
	} else if err := r.copySchema(ctx); err != nil {
		return err
	}
	file := filepath.Join(r.pair.Dir, sandbox.ConfigFile)
	if err := os.WriteFile(file, r.configText(), 0o600); err != nil {
		return err
	}
	for _, server := range r.pair.Servers() {
		if err := os.WriteFile(filepath.Join(r.pair.Dir, string(server.Role())+".password"), []byte(server.Password()+"\n"), 0o600); err != nil {
			return err
		}
	}
	var err error
	r.cfg, err = config.Load(file, func(string) string { return "" }, nil)
	return err
}

// groupNames are the groups of tandem.yaml, or those that the plan names.
func (r *rehearse) groupNames() []string {
	if r.real != nil {
		return plans.GroupNames(r.real)
	}
	names := []string{config.DefaultGroup}
	for _, s := range r.plan.Stages {
		for _, g := range s.Handover {
			if g != plans.Rest && !slices.Contains(names, g) {
				names = append(names, g)
			}
		}
	}
	return names
}

// copySchema makes the real source's tables on the pair's, without rows. Nothing is
// written on the real side.
func (r *rehearse) copySchema(ctx context.Context) error {
	e, err := r.clouds.endpoint("source", r.real.Source.Endpoint)
	if err != nil {
		return err
	}
	db, err := mysqldb.Open(ctx, e, mysqldb.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	filter := r.real.Tables.Filter()
	tables, err := catalog.Load(ctx, db, func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) })
	if err != nil {
		return fmt.Errorf("look at the source: %w", err)
	}
	root, err := r.pair.Source.RootDB()
	if err != nil {
		return err
	}
	if _, err := catalog.Create(ctx, db, root, tables); err != nil {
		return fmt.Errorf("make the source's tables for the rehearsal: %w", err)
	}
	r.say("  %s of the source, without rows, triggers, events, views and routines", amount(int64(len(tables)), "table"))
	return nil
}

// configText is the tandem.yaml of the pair: the real one's groups and tables, and
// the banks.
func (r *rehearse) configText() []byte {
	var b bytes.Buffer
	migration, include, exclude := "rehearsal", []string{}, []string{}
	groups := map[string][]string{}
	if r.real != nil {
		migration = r.real.Migration
		for name, patterns := range r.real.Groups {
			for _, p := range patterns {
				groups[name] = append(groups[name], p.String())
			}
		}
	}
	if r.opts.sample {
		include = append(include, courierDatabase+".*")
	} else {
		for _, p := range r.real.Tables.Include {
			include = append(include, p.String())
		}
		for _, p := range r.real.Tables.Exclude {
			exclude = append(exclude, p.String())
		}
	}
	for group, database := range r.banks {
		include = append(include, database+".*")
		if group != config.DefaultGroup {
			groups[group] = append(groups[group], database+".*")
		}
	}
	slices.Sort(include)
	fmt.Fprintf(&b, "version: 1\nmigration: %s\n", migration)
	for _, server := range r.pair.Servers() {
		fmt.Fprintf(&b, "%s:\n  host: %s\n  port: %d\n  user: %s\n  password: {file: %s.password}\n",
			server.Role(), server.Host(), server.Port, sandbox.UserTandem, server.Role())
	}
	fmt.Fprintf(&b, "tables:\n  include: [%s]\n", quoted(include))
	if len(exclude) > 0 {
		fmt.Fprintf(&b, "  exclude: [%s]\n", quoted(exclude))
	}
	if len(groups) > 0 {
		b.WriteString("groups:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		fmt.Fprintf(&b, "  %s: [%s]\n", name, quoted(groups[name]))
	}
	return b.Bytes()
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = strconv.Quote(text)
	}
	return strings.Join(out, ", ")
}

// accountsOf are the application's accounts that fences of the plan name.
func accountsOf(f *plans.Fence) []string {
	if f == nil {
		return nil
	}
	list := append(slices.Clone(f.Accounts), f.Grants...)
	if f.ProveAs != nil {
		list = append(list, f.ProveAs.User)
	}
	return list
}

// grant makes an account as an application's, where it is not there.
func grant(ctx context.Context, root *sql.DB, account, password string) error {
	user, host, found := strings.Cut(strings.NewReplacer("'", "", "`", "").Replace(account), "@")
	if !found {
		host = "%"
	}
	name := "'" + user + "'@'" + host + "'"
	_, err := root.ExecContext(ctx, "CREATE USER IF NOT EXISTS "+name+" IDENTIFIED BY '"+password+"'")
	if err == nil {
		_, err = root.ExecContext(ctx, "GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON *.* TO "+name)
	}
	if err != nil {
		return fmt.Errorf("make the account %s for the rehearsal: %w", account, errors.New(strings.ReplaceAll(err.Error(), password, "***")))
	}
	return nil
}

// tablesOf are the pair's tables, as the servers have them.
func (r *rehearse) tablesOf() []*schema.Table {
	root, err := r.pair.Source.RootDB()
	if err != nil {
		return nil
	}
	filter := r.cfg.Tables.Filter()
	list, err := catalog.Load(context.Background(), root, func(n schema.Name) bool { return filter.Match(n.Schema, n.Table) })
	if err != nil {
		r.say("  %s", r.err.Paint(ui.Yellow, err.Error()))
	}
	return list
}

// accounts makes the application's accounts that the plan's fences name, and leads
// the proof of a fence to their password here.
func (r *rehearse) accounts(ctx context.Context, spec runner.Spec) error {
	for i := range spec.Stages {
		f := spec.Stages[i].Terms.Fence
		for _, account := range accountsOf(f) {
			for _, server := range r.pair.Servers() {
				root, err := server.RootDB()
				if err != nil {
					return err
				}
				if err := grant(ctx, root, account, server.Password()); err != nil {
					return err
				}
			}
		}
		if f != nil && f.ProveAs != nil {
			fence := *f
			fence.ProveAs = &plans.ProveAs{User: f.ProveAs.User, PasswordFile: filepath.Join(r.pair.Dir, "source.password")}
			spec.Stages[i].Terms.Fence = &fence
		}
	}
	return nil
}

// oneForBoth is a password that both servers have: what is tried as the
// application must work on either side.
func oneForBoth(up *sandbox.UpOptions) error {
	raw := make([]byte, 12)
	if _, err := rand.Read(raw); err != nil {
		return fmt.Errorf("make a password: %w", err)
	}
	up.Source.Password = hex.EncodeToString(raw)
	up.Target.Password = up.Source.Password
	return nil
}
