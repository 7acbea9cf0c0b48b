package render

import (
	"slices"
	"strings"

	"tandem/verify"
)

// rule explains a class of findings to those who meet it for the first time.
type rule struct{ id, name, short, long string }

// rowRules are the classes of rows, and what was not compared.
var rowRules = [...]rule{
	{string(verify.Missing), "RowMissing", "A row of the source is missing on the target.",
		"The source has the row and stood still while it was compared; the target, which had applied everything, has not."},
	{string(verify.Extra), "RowExtra", "A row is on the target only.",
		"The target has a row that the source has not."},
	{string(verify.Different), "RowDifferent", "A row differs.",
		"Both sides have the row, with other values in the columns named."},
	{string(verify.CollationOnly), "RowEqualUnderCollationOnly", "A row is equal under the collation only.",
		"The server takes the values for equal, as it does with upper and lower case, but they are not the same bytes."},
	{string(verify.Unresolved), "RowUnresolved", "A row could not be compared.",
		"The row was written to every time it was looked at, so nothing can be said about it."},
	{skippedRule, "Skipped", "Something was not compared.",
		"The reason is given with the result. What was not compared is not known to be equal."},
}

// rulesOf returns the rules that a result may speak of: all that there are for
// rows, those that were met for definitions.
func rulesOf(r *Result) []rule {
	if r.Mode != ModeSchema {
		return rowRules[:]
	}
	var rules []rule
	for i := range r.Items {
		for _, issue := range r.Items[i].Issues {
			if !slices.ContainsFunc(rules, func(have rule) bool { return have.id == issue.Rule }) {
				rules = append(rules, rule{id: issue.Rule, name: camel(issue.Rule),
					short: "The definitions differ: " + strings.ReplaceAll(issue.Rule, "-", " ") + ".",
					long:  "Something beside the rows is not the same on both sides; the result has the statement that would mend it."})
			}
		}
	}
	return rules
}

// camel turns an-id into AnId.
func camel(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
