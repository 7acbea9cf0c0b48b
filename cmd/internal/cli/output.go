package cli

import (
	"github.com/spf13/cobra"

	"tandem/cmd/internal/render"
	"tandem/cmd/internal/ui"
)

// result writes what a verb has found out: as JSON or YAML if asked for, and
// otherwise as table writes it.
func (a *app) result(value any, table func(ui.Stream) error) error {
	switch a.flags.output {
	case "json":
		return render.JSON(a.out, value)
	case "yaml":
		return render.YAML(a.out, value)
	default:
		return table(a.out)
	}
}

// schemaCommand prints a JSON Schema.
func schemaCommand(a *app, use, of, example string, text []byte) *cobra.Command {
	return &cobra.Command{
		Use:     use,
		Short:   "Print the JSON Schema of " + of,
		Example: example,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(text)
			return err
		},
	}
}
