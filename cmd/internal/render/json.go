package render

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/goccy/go-yaml"
)

//go:embed verify.schema.json
var jsonSchema []byte

// JSONSchema returns the JSON Schema (draft 7) of what [JSON] writes for a
// verify.Report and for a [SchemaReport].
func JSONSchema() []byte { return slices.Clone(jsonSchema) }

// JSON writes a result as it is.
func JSON(w io.Writer, result any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
}

// YAML writes a result with the same keys as [JSON].
func YAML(w io.Writer, result any) error {
	data, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	text, err := yaml.JSONToYAML(data)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s\n", bytes.TrimRight(text, "\n"))
	return err
}
