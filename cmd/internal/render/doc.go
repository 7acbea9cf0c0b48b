// Package render writes what a run of tandem verify has found out, one file for
// each format. Every format is a function of a result to a writer: nothing here
// asks a server, looks at the clock or knows what a terminal is.
//
// JSON and YAML are the report itself, and a published contract: [JSONSchema].
// The other formats are made from a [Result], which is the same thing for rows
// ([FromRows]) and for everything beside them ([FromSchema]): items that were
// compared, and issues that were found with them.
//
//	verify.Report ──┬──────────────────────► JSON, YAML, table
//	                └─► Result ─┬──────────► CSV, JUnit, SARIF, GitHub, HTML
//	SchemaReport ───┬───────────┘
//	                └──────────────────────► JSON, YAML, table
//
// Names and values come from databases that anybody may write to. So each
// format escapes them in its own way, and none lets them begin a line, end a
// quotation or reach a terminal as control characters.
package render
