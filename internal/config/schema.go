package config

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schemaJSON []byte

// SchemaFileName is where tandem init puts the schema, beside tandem.yaml.
const SchemaFileName = "tandem.schema.json"

// Schema returns the JSON Schema (draft 7) of tandem.yaml, for editors. It
// knows the shape of the file; the rules between keys are Load's alone.
func Schema() []byte { return slices.Clone(schemaJSON) }
