package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
	"tandem/internal/suggest"
	"tandem/plans"
	"tandem/plans/library"
)

type planInitOptions struct {
	from string
	list bool
}

func newPlanInitCommand(a *app) *cobra.Command {
	var o planInitOptions
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a plan to start from",
		Long: `Write a ready-made plan to a file (plan.yaml), fitted to the groups of
tandem.yaml, and its JSON Schema for editors beside it. Nothing is overwritten.

EXIT STATUS
  0  done
  1  the file is there already, or could not be written
  2  wrong usage, or a mistake in tandem.yaml`,
		Example: `  tandem plan init --list
  tandem plan init
  tandem plan init --from group-by-group plans/courier.yaml`,
		Args: oneFile,
		RunE: func(_ *cobra.Command, args []string) error { return runPlanInit(a, o, planFile(args)) },
	}
	cmd.Flags().StringVar(&o.from, "from", library.Default, "the ready-made plan's `name`")
	cmd.Flags().BoolVar(&o.list, "list", false, "list the ready-made plans, and write nothing")
	completeFlag(cmd, "from", templateNames()...)
	return cmd
}

func templateNames() []string {
	var names []string
	for _, t := range library.Templates() {
		names = append(names, t.Name)
	}
	return names
}

func runPlanInit(a *app, o planInitOptions, file string) error {
	if o.list {
		list := library.Templates()
		return a.result(map[string]any{"templates": list}, func(out ui.Stream) error {
			t := &ui.Table{Header: []string{"NAME", "ABOUT"}}
			for _, one := range list {
				t.Row(one.Name, one.About)
			}
			return t.Write(out)
		})
	}
	template, err := library.Find(o.from)
	if err != nil {
		hint := "tandem plan init --list names them"
		if near := suggest.Nearest(o.from, templateNames()); near != "" {
			hint = "did you mean --from " + near + "?"
		}
		return usageError(withHint(err, hint))
	}
	cfg, err := a.load()
	text := template.Text
	switch {
	case errors.Is(err, config.ErrNoFile):
		a.say("%s %s; the groups of the plan are an example", a.err.Paint(ui.Yellow, "note:"), err)
	case err != nil:
		return err
	default:
		names := plans.GroupNames(cfg)
		text = template.For(cfg.Migration, names[:len(names)-1])
	}
	schemaFile := filepath.Join(filepath.Dir(file), plans.SchemaFileName)
	if exists(file) {
		return withHint(fmt.Errorf("plan init: %s is there already", file), "name another file, or remove it")
	}
	if err := renameio.WriteFile(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	a.say("wrote %s", file)
	if !exists(schemaFile) {
		if err := renameio.WriteFile(schemaFile, plans.Schema(), 0o644); err != nil {
			return fmt.Errorf("write the schema of plans: %w", err)
		}
		a.say("wrote %s", schemaFile)
	}
	next := []string{"tandem", "plan", "lint"}
	if file != plans.FileName {
		next = append(next, file)
	}
	a.say("next: look it over, then run %s", strings.Join(next, " "))
	return nil
}

func newPlanSchemaCommand(a *app) *cobra.Command {
	return schemaCommand(a, "schema", "plans, for editors", `  tandem plan schema > plan.schema.json

  # first line of plan.yaml:
  # yaml-language-server: $schema=./plan.schema.json`, plans.Schema())
}
