package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/go-sql-driver/mysql"
	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/courier"
)

// courierDatabase is where the sample data lives in a sandbox.
const courierDatabase = "courier"

// defaultSandbox is the folder of the sandbox unless --dir names another.
var defaultSandbox = filepath.Join(".tandem", "sandbox")

func newSandboxCommand(a *app) *cobra.Command {
	cmd := parent(&cobra.Command{
		Use:   "sandbox",
		Short: "Throwaway pairs of real MySQL servers on this machine",
		Long: `Start a pair of real MySQL servers on this machine, with users that have only
what Cloud SQL and Aurora give, a sample database and a load that behaves like an
application. Nothing outside the sandbox's folder is touched.

MySQL is taken from TANDEM_MYSQLD, from PATH, from what was fetched before, or
fetched now; otherwise Docker is tried.`,
		Example: `  tandem sandbox demo                   everything at once, in about two minutes

  tandem sandbox up --size small        or step by step
  tandem sandbox load --tps 50 &
  tandem --config .tandem/sandbox/tandem.yaml replicate
  tandem sandbox down`,
	})
	cmd.AddCommand(newSandboxUpCommand(a), newSandboxDownCommand(a), newSandboxStatusCommand(a),
		newSandboxLoadCommand(a), newSandboxDemoCommand(a))
	return cmd
}

func addDirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", defaultSandbox, "`folder` of the sandbox")
}

// seedOptions say what the sample database is made of.
type seedOptions struct {
	size          string
	seed          int64
	withoutLedger bool
}

func (o *seedOptions) addFlags(cmd *cobra.Command, size string) {
	f := cmd.Flags()
	f.StringVar(&o.size, "size", size, "`size` of the sample database: "+courier.SizeHelp+"; empty for none")
	f.Int64Var(&o.seed, "seed", 1, "`number` from which the sample data and the load are made")
	f.BoolVar(&o.withoutLedger, "without-ledger", false, "leave out the one sample table that has no key")
}

// seed makes and fills the sample database on a server.
func (a *app) seed(ctx context.Context, server *sandbox.Server, o seedOptions) (courier.SeedStats, error) {
	size, err := courier.ParseSize(o.size)
	if err != nil {
		return courier.SeedStats{}, usageError(fmt.Errorf("--size: %w", err))
	}
	root, err := server.RootDB()
	if err != nil {
		return courier.SeedStats{}, err
	}
	if err := courier.CreateDatabase(ctx, root, courierDatabase); err != nil {
		return courier.SeedStats{}, withHint(err, "take the sandbox down first, or leave --size out to keep what is there")
	}
	config := server.RootConfig()
	config.DBName, config.InterpolateParams = courierDatabase, true
	db, err := openDB(config)
	if err != nil {
		return courier.SeedStats{}, err
	}
	defer db.Close()
	live := ui.NewLive(a.err)
	stats, err := courier.Seed(ctx, db, courier.SeedOptions{
		Size: size, Seed: o.seed, WithoutLedger: o.withoutLedger,
		Progress: func(s courier.SeedStats) {
			live.Set(fmt.Sprintf("seeding %s: %s rows in %s", courierDatabase, ui.Count(s.Rows), ui.Duration(s.Elapsed)))
		},
	})
	if err != nil {
		live.Done("")
		return stats, err
	}
	live.Done(fmt.Sprintf("seeded %s: %d tables, %s rows in %s", courierDatabase, len(stats.Tables), ui.Count(stats.Rows), ui.Duration(stats.Elapsed)))
	return stats, nil
}

func openDB(config *mysql.Config) (*sql.DB, error) {
	config.Logger = &mysql.NopLogger{} // what it has to say comes back as errors, too
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// sandboxVersion reads a --…-version flag.
func sandboxVersion(flag, text string) (sandbox.Version, error) {
	switch text {
	case "":
		return sandbox.Any, nil
	case string(sandbox.V56):
		return sandbox.V56, nil
	default:
		return sandbox.Any, usageError(withHint(fmt.Errorf("--%s: there is no MySQL %q here", flag, text),
			"leave it out for the newest there is, or write 5.6"))
	}
}

// sandboxError adds what to type to the errors of the sandbox.
func sandboxError(err error) error {
	switch {
	case errors.Is(err, sandbox.ErrNoSandbox):
		return withHint(err, "tandem sandbox up starts one; --dir names one elsewhere")
	case errors.Is(err, sandbox.ErrNoServer):
		return withHint(err, "the ways to get a MySQL server are in tandem sandbox --help")
	}
	return err
}
