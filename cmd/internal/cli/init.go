package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
)

type initOptions struct {
	migration      string
	source, target side
	tables         []string
	force          bool
	grants         grantsOptions
}

// side is what init asks about one server.
type side struct {
	address  string // host, host:port, /socket or a Cloud SQL instance
	user     string
	password string // env:NAME, file:PATH, secret URL or iam
}

func newInitCommand(a *app) *cobra.Command {
	var opts initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a tandem.yaml to begin with",
		Long: `Write a commented tandem.yaml from flags, and from questions where there is a
terminal, and beside it tandem.schema.json for editors. A file that is already
there is left alone unless --force is given.

An address is host, host:port, the path of a socket, a Cloud SQL instance as
project:region:name, or aurora:region/cluster. A password is never given itself,
but as where it comes from: env:NAME, file:PATH, gcp://…, aws://… or iam.

With --grants nothing is written: the SQL that makes tandem's user on both sides,
with the least rights that do, is printed, to be looked over and pasted. It is for
the servers, users and databases of tandem.yaml, where there is one, and else for
those of the flags.

EXIT STATUS
  0  the file is written, or the SQL printed
  1  it is there already, or cannot be written
  2  an answer is missing or cannot be right
  4  --missing: a right is missing`,
		Example: `  tandem init
  tandem init --migration courier --source 10.0.0.7 --source-user tandem \
    --source-password env:SOURCE_PASSWORD --target db.example.com:3306 \
    --target-user tandem --target-password file:target.password --tables 'courier.*'
  tandem init --grants --source-version 5.7 --target-version 8.0`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.grants.asked {
				return runInitGrants(a, cmd, opts)
			}
			return runInit(cmd.Context(), a, opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.migration, "migration", "", "`name` of the migration")
	f.StringVar(&opts.source.address, "source", "", "`address` of the source")
	f.StringVar(&opts.source.user, "source-user", "tandem", "database `user` on the source")
	f.StringVar(&opts.source.password, "source-password", "env:TANDEM_SOURCE_PASSWORD", "`where` the source's password comes from")
	f.StringVar(&opts.target.address, "target", "", "`address` of the target")
	f.StringVar(&opts.target.user, "target-user", "tandem", "database `user` on the target")
	f.StringVar(&opts.target.password, "target-password", "env:TANDEM_TARGET_PASSWORD", "`where` the target's password comes from")
	f.StringArrayVar(&opts.tables, "tables", nil, "`pattern` of tables that move, such as 'courier.*'; may be repeated")
	f.BoolVar(&opts.force, "force", false, "overwrite a file that is there")
	opts.grants.flags(cmd)
	return cmd
}

func runInit(ctx context.Context, a *app, opts initOptions) error {
	path := a.flags.config
	if exists(path) && !opts.force {
		return withHint(fmt.Errorf("init: %s is already there", path), "--force overwrites it; --config names another file")
	}
	if err := askInit(a, &opts); err != nil {
		return err
	}
	text, err := initFile(opts)
	if err != nil {
		return usageError(err)
	}
	if err := checkInit(path, text); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	schema := filepath.Join(filepath.Dir(path), config.SchemaFileName)
	for _, file := range []struct {
		path string
		data []byte
	}{{path, []byte(text)}, {schema, config.Schema()}} {
		if err := renameio.WriteFile(file.path, file.data, 0o644); err != nil {
			return fmt.Errorf("init: write %s: %w", file.path, err)
		}
		a.say("wrote %s", file.path)
	}
	a.say("next: look it over, then run tandem config show")
	return nil
}

// checkInit reads the new file before anybody else does. What the environment
// says is no part of it.
func checkInit(path, text string) error {
	_, err := config.Parse(path, []byte(text), func(string) string { return "" }, nil)
	var problems *config.Problems
	if errors.As(err, &problems) {
		var texts []string
		for _, p := range problems.List {
			texts = append(texts, p.Key+": "+p.Message)
		}
		return usageError(withHint(fmt.Errorf("init: %s", strings.Join(texts, "; ")), "nothing was written; give other answers or flags"))
	}
	return err
}

// askInit asks for what no flag said.
func askInit(a *app, opts *initOptions) error {
	prompt := ui.NewPrompter(a.Stdin, a.err, a.flags.noInput)
	table := strings.Join(opts.tables, " ")
	wholeDatabase := func() string { return opts.migration + ".*" }
	nothing := func() string { return "" }
	for _, q := range []struct {
		answer         *string
		question, flag string
		byDefault      func() string
		check          func(string) error
	}{
		{&opts.migration, "name of the migration", "--migration", nothing, needed},
		{&opts.source.address, "source (host, host:port or project:region:instance)", "--source", nothing, checkAddress},
		{&opts.target.address, "target (host, host:port or aurora:region/cluster)", "--target", nothing, checkAddress},
		{&table, "tables that move", "--tables", wholeDatabase, checkPatterns},
	} {
		if *q.answer != "" {
			continue
		}
		if !prompt.CanAsk() {
			return usageError(withHint(fmt.Errorf("init: %s is not given", q.flag), "give it as a flag, or run tandem init on a terminal, where it asks"))
		}
		answer, err := prompt.Ask(q.question, q.byDefault(), q.check)
		if err != nil {
			return fmt.Errorf("init: %w", err)
		}
		*q.answer = answer
	}
	opts.tables = strings.Fields(table)
	return nil
}

func needed(answer string) error {
	if answer == "" {
		return errors.New("this one is needed")
	}
	return nil
}

func checkAddress(answer string) error {
	_, err := addressYAML(answer)
	return err
}

func checkPatterns(answer string) error {
	if err := needed(answer); err != nil {
		return err
	}
	for _, text := range strings.Fields(answer) {
		if _, err := config.ParsePattern(text); err != nil {
			return err
		}
	}
	return nil
}

// addressYAML turns an address into keys of the file.
func addressYAML(text string) ([]string, error) {
	switch region, cluster, isAurora := strings.Cut(strings.TrimPrefix(text, "aurora:"), "/"); {
	case text == "":
		return nil, errors.New("an address is needed")
	case strings.HasPrefix(text, "/"):
		return []string{"socket: " + quote(text)}, nil
	case strings.HasPrefix(text, "aurora:") && isAurora:
		return []string{fmt.Sprintf("aurora: {cluster: %s, region: %s}", quote(cluster), quote(region))}, nil
	case strings.Count(text, ":") >= 2 && net.ParseIP(text) == nil && !strings.HasPrefix(text, "["):
		return []string{fmt.Sprintf("cloudsql: {instance: %s, private_ip: true}", quote(text))}, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = text, ""
	}
	lines := []string{"host: " + quote(host)}
	if port != "" {
		lines = append(lines, "port: "+port)
	}
	return lines, nil
}

// passwordYAML turns where a password comes from into a key of the file.
func passwordYAML(flag, text string) (string, error) {
	kind, rest, _ := strings.Cut(text, ":")
	switch {
	case text == "iam":
		return "password: {iam: true}", nil
	case strings.HasPrefix(text, "gcp://"), strings.HasPrefix(text, "aws://"):
		return fmt.Sprintf("password: {secret: %s}", quote(text)), nil
	case (kind == "env" || kind == "file") && rest != "":
		return fmt.Sprintf("password: {%s: %s}", kind, quote(rest)), nil
	default:
		// It may be the password itself, so it is not repeated.
		return "", withHint(fmt.Errorf("init: %s does not say where the password comes from", flag),
			"write env:NAME, file:PATH, gcp://…, aws://… or iam; the password itself is never given to tandem on the command line")
	}
}

// quote writes a text as YAML in double quotes, which is also valid JSON.
func quote(text string) string {
	return fmt.Sprintf("%q", text)
}

func initFile(opts initOptions) (string, error) {
	sides := map[string]side{"source": opts.source, "target": opts.target}
	values := map[string]string{
		"SCHEMA":    config.SchemaFileName,
		"MIGRATION": quote(opts.migration),
	}
	var patterns []string
	for _, t := range opts.tables {
		patterns = append(patterns, quote(t))
	}
	values["TABLES"] = strings.Join(patterns, ", ")
	for name, s := range sides {
		lines, err := addressYAML(s.address)
		if err != nil {
			return "", fmt.Errorf("init: --%s: %w", name, err)
		}
		password, err := passwordYAML("--"+name+"-password", s.password)
		if err != nil {
			return "", err
		}
		lines = append(lines, "user: "+quote(s.user), password)
		values[strings.ToUpper(name)] = "  " + strings.Join(lines, "\n  ")
	}
	text := initTemplate
	for key, value := range values {
		text = strings.ReplaceAll(text, "${"+key+"}", value)
	}
	return text, nil
}
