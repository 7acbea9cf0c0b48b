package plans

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schemaJSON []byte

// SchemaFileName is where tandem plan init puts the schema, beside the plan.
const SchemaFileName = "plan.schema.json"

// Schema returns the JSON Schema (draft 7) of plan files, for editors. It knows
// the shape of a plan; the rules between keys are those of [Parse] and [Lint].
func Schema() []byte { return slices.Clone(schemaJSON) }
