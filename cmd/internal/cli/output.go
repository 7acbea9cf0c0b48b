package cli

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"

	"tandem/cmd/internal/ui"
)

// result writes what a verb has found out: as JSON or YAML if asked for, and
// otherwise as table writes it.
func (a *app) result(value any, table func(ui.Stream) error) error {
	switch a.flags.output {
	case "json":
		encoder := json.NewEncoder(a.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	case "yaml":
		// By way of JSON, so that both have the same keys.
		data, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		text, err := yaml.JSONToYAML(data)
		if err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		_, err = fmt.Fprintf(a.out, "%s\n", bytes.TrimRight(text, "\n"))
		return err
	default:
		return table(a.out)
	}
}
