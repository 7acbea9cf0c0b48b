package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tandem/cmd/internal/ui"
	"tandem/internal/config"
)

func newConfigCommand(a *app) *cobra.Command {
	cmd := parent(&cobra.Command{
		Use:   "config",
		Short: "Look at the configuration",
	})
	cmd.AddCommand(newConfigShowCommand(a), newConfigSchemaCommand(a))
	return cmd
}

type configShowOptions struct {
	origin bool
}

func newConfigShowCommand(a *app) *cobra.Command {
	var opts configShowOptions
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the settings that hold",
		Long: `Print the settings that hold once flags, environment, tandem.yaml and defaults
are put together, and with --origin where each came from. Passwords are never
read, so none is printed.

EXIT STATUS
  0  the configuration is valid
  2  it is not; every mistake is listed`,
		Example: `  tandem config show --origin
  TANDEM_SOURCE_HOST=10.0.0.7 tandem config show --origin
  tandem config show -o json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runConfigShow(a, opts) },
	}
	cmd.Flags().BoolVar(&opts.origin, "origin", false, "show where each value came from")
	return cmd
}

// setting is one line of config show.
type setting struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Origin string `json:"origin,omitempty"`
}

func runConfigShow(a *app, opts configShowOptions) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	var list []setting
	for _, v := range cfg.Values() {
		s := setting{Key: v.Path, Value: v.Value}
		if opts.origin {
			s.Origin = v.Origin.String()
		}
		list = append(list, s)
	}
	return a.result(map[string]any{"file": cfg.File(), "settings": list}, func(out ui.Stream) error {
		t := &ui.Table{Header: []string{"KEY", "VALUE", "ORIGIN"}}
		if !opts.origin {
			t.Header = t.Header[:2]
		}
		for _, s := range list {
			cells := []ui.Cell{{Text: s.Key}, {Text: display(s.Value)}}
			if opts.origin {
				cells = append(cells, ui.Cell{Text: s.Origin, Style: ui.Dim})
			}
			t.Cells(cells...)
		}
		return t.Write(out)
	})
}

func display(value any) string {
	if list, ok := value.([]string); ok {
		return "[" + strings.Join(list, ", ") + "]"
	}
	return fmt.Sprint(value)
}

func newConfigSchemaCommand(a *app) *cobra.Command {
	return schemaCommand(a, "schema", "tandem.yaml, for editors", `  tandem config schema > tandem.schema.json

  # first line of tandem.yaml:
  # yaml-language-server: $schema=./tandem.schema.json`, config.Schema())
}
