package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tandem/internal/config"
	"tandem/internal/suggest"
)

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "tandem",
		Short: "Move a live MySQL database from Cloud SQL to Aurora, with a way back at every step",
		Long: `tandem moves a live MySQL database from Cloud SQL to Aurora MySQL, group of
tables by group of tables, with both sides kept in step and a way back at every
step.`,
		Example: `  tandem sandbox demo     watch a crossing between two throwaway servers
  tandem init             write tandem.yaml
  tandem replicate        copy, then keep both sides in step
  tandem status           what is going on, and what to type next
  tandem verify           compare every row of both sides`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.prepare(cmd)
		},
	}
	parent(root)
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetFlagErrorFunc(flagError)
	a.addGlobalFlags(root.PersistentFlags())
	completeFlag(root, "output", outputs...)
	completeFlag(root, "log-format", logFormats...)
	completeFlag(root, "log-level", logLevels...)
	completeFlag(root, "color", colors...)
	root.AddCommand(
		newInitCommand(a),
		newPreflightCommand(a),
		newReplicateCommand(a),
		newStatusCommand(a),
		newVerifyCommand(a),
		newBreachCommand(a),
		newPlanCommand(a),
		newRollbackCommand(a),
		newRehearseCommand(a),
		newReportCommand(a),
		newSandboxCommand(a),
		newConfigCommand(a),
		newVersionCommand(a),
	)
	root.SetHelpCommand(&cobra.Command{Use: "help [verb]", Short: "Explain a verb", Hidden: true, Args: cobra.ArbitraryArgs, RunE: func(_ *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return unknownVerb(root, strings.Join(args, " "))
		}
		return about.Help()
	}})
	return root
}

func (a *app) addGlobalFlags(flags *pflag.FlagSet) {
	file := a.Env("TANDEM_CONFIG")
	if file == "" {
		file = config.FileName
	}
	flags.StringVarP(&a.flags.config, "config", "c", file, "configuration `file` (also TANDEM_CONFIG)")
	flags.StringArrayVar(&a.flags.set, "set", nil, "set one `key=value` of the configuration, such as replicate.copy.workers=8")
	flags.StringVarP(&a.flags.output, "output", "o", "table", "`format` of the result: table, json, yaml")
	flags.StringVar(&a.flags.logFormat, "log-format", "text", "`format` of messages: text, or json for one object a line")
	flags.StringVar(&a.flags.logLevel, "log-level", "info", "least `level` of messages: debug, info, warn, error")
	flags.StringVar(&a.flags.color, "color", "auto", "`when` to use colour: auto, always, never (also NO_COLOR)")
	flags.BoolVar(&a.flags.noInput, "no-input", false, "never ask; fail where an answer would be needed")
}

// overrides turns --set key=value into overrides.
func (a *app) overrides() (config.Overrides, error) {
	var list config.Overrides
	for _, text := range a.flags.set {
		path, value, ok := strings.Cut(text, "=")
		if !ok || path == "" {
			return nil, usageError(withHint(fmt.Errorf("--set %s: no value", path), "write --set key=value, such as --set replicate.copy.workers=8"))
		}
		list = append(list, config.Override{Path: path, Text: value, Flag: "--set " + path})
	}
	return list, nil
}

// parent makes a command that only has others under it: without one of them it
// prints its help, and with a wrong one it says what was meant.
func parent(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownVerb(cmd, args[0])
		}
		return cmd.Help()
	}
	return cmd
}

func unknownVerb(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	hint := cmd.CommandPath() + " --help lists what there is"
	if near := suggest.Nearest(word, names); near != "" {
		hint = "did you mean " + cmd.CommandPath() + " " + near + "?"
	}
	return usageError(withHint(fmt.Errorf("%sthere is no verb %q", verbOf(cmd), word), hint))
}

// verbOf begins a message about a command: "config show: ", or nothing for the root.
func verbOf(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return ""
	}
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ") + ": "
}

func flagError(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	if asError(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := suggest.Nearest(unknown.GetSpecifiedName(), names); near != "" && len(unknown.GetSpecifiedName()) > 1 {
			hint = "did you mean --" + near + "?"
		}
	}
	return usageError(withHint(fmt.Errorf("%s%w", verbOf(cmd), err), hint))
}

// noArgs refuses arguments of verbs that take none.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError(withHint(fmt.Errorf("%sno argument is taken, but %q is given", verbOf(cmd), args[0]),
		cmd.CommandPath()+" --help lists the flags"))
}

func oneOf(flag, value string, options []string) error {
	for _, option := range options {
		if value == option {
			return nil
		}
	}
	hint := "write one of " + strings.Join(options, ", ")
	if near := suggest.Nearest(value, options); near != "" {
		hint = "did you mean --" + flag + " " + near + "?"
	}
	return usageError(withHint(fmt.Errorf("--%s: %q is not one of %s", flag, value, strings.Join(options, ", ")), hint))
}

// exists reports whether a file is there, whatever it is.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
