// Package yamlfile holds what tandem.yaml and plans have in common as files that
// people write: the lines of the text as an error may show them, with a caret
// under the column and with everything masked that may be a password, and a few
// questions about the nodes of a YAML tree.
package yamlfile
