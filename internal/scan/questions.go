package scan

import (
	"strings"

	"tandem/internal/schema"
)

// TypeQuestions returns the expressions that tell the types of a document's
// values, in order; nothing where its text says it all.
func TypeQuestions(column string, doc []byte) (string, error) {
	if doc == nil {
		return "", nil
	}
	values, err := jsonValues(doc)
	if err != nil {
		return "", err
	}
	exprs := make([]string, len(values))
	doubtful := false
	for i, v := range values {
		if !v.doubtful() {
			exprs[i] = "'STRING'"
			continue
		}
		doubtful = true
		path := string(schema.AppendLiteral([]byte("_utf8mb4"), &schema.Column{Kind: schema.Text}, []byte(v.path)))
		exprs[i] = "IFNULL(JSON_TYPE(JSON_EXTRACT(" + column + "," + path + ")),'?')"
	}
	if !doubtful {
		return "", nil
	}
	return strings.Join(exprs, ","), nil
}

// doubtful tells whether a value could be of a type that its text does not show.
func (v *jsonValue) doubtful() bool {
	if v.number {
		// With an exponent it is a DOUBLE.
		return !strings.ContainsAny(v.text, "eE")
	}
	return v.str && hidesType([]byte(v.text))
}

// NeedsTypes tells whether one of the types is not shown by the text.
func NeedsTypes(types string) bool {
	for kind := range strings.SplitSeq(types, ",") {
		if !strings.Contains(untypedKinds, "'"+kind+"'") {
			return true
		}
	}
	return false
}
