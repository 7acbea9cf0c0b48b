// Package yamlfile holds what tandem.yaml and plans have in common as files that
// people write.
//
// [Decode] reads a YAML tree into Go values: strictly, going on after a mistake,
// and noting where everything stands. What a kind of file does in its own way,
// its [Rules] say. [Document] is the lines of the text as an error may show them,
// with a caret under the column and with everything masked that may be a
// password. A few values are written alike in all files: durations, choices.
package yamlfile
