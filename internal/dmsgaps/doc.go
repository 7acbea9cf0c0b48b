// Package dmsgaps tells what AWS DMS would drop or change in a source's very
// schema: which table and column, what DMS does with it, and what tandem does.
//
// Each rule is what the DMS user guide says, and names the page; nothing here is
// guessed, and nothing is what DMS could be made to do with a schema that was
// made by hand beforehand. Pages, as of 2026:
//
//	source      Using a MySQL-compatible database as a source: limitations, and
//	            the table of source data types
//	target      Using a MySQL-compatible database as a target: limitations, and
//	            the table of target data types
//	assessments MySQL assessments, by their API key
//	practices   Best practices, and Troubleshooting: "creates tables, primary
//	            keys, and in some cases unique indexes", and no other objects
//	settings    Task settings: error handling, LOB modes
//	validation  Data validation
//
// It reads the source's definitions only. No row is read.
package dmsgaps
