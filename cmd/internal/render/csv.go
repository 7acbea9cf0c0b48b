package render

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"tandem/verify"
)

// csvHeader names the columns. New ones come at the end.
var csvHeader = [...]string{"outcome", "class", "object", "key", "columns", "source", "target", "text", "note"}

// CSV writes one finding a line. What was skipped, and what is not listed for
// its number, has a line of its own: a file without lines means parity.
func CSV(w io.Writer, r *Result) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader[:]); err != nil {
		return err
	}
	for i := range r.Items {
		for _, record := range csvItem(&r.Items[i]) {
			for n := range record {
				record[n] = csvCell(line(record[n]))
			}
			if err := out.Write(record); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func csvItem(item *Item) (records [][]string) {
	object := item.Object
	for i := range item.Issues {
		is := &item.Issues[i]
		source, target := is.Source, is.Target
		if len(is.Columns) > 0 {
			source, target = csvValues(is.Columns, false), csvValues(is.Columns, true)
		}
		note := is.Note
		if is.Fix != "" {
			note = strings.TrimSpace(note + " fix: " + is.Fix)
		}
		records = append(records, []string{string(item.Outcome), is.Rule, object, is.Key,
			strings.Join(columnNames(is.Columns), " "), source, target, is.Text, note})
	}
	if item.Omitted > 0 {
		records = append(records, []string{string(item.Outcome), "", object, "", "", "", "",
			plural(item.Omitted, "more finding") + " not listed", ""})
	}
	if item.Skipped != "" {
		records = append(records, []string{string(item.Outcome), skippedRule, object, "", "", "", "", item.Skipped, ""})
	}
	return records
}

func csvValues(columns []verify.ColumnDiff, target bool) string {
	var parts []string
	for _, c := range columns {
		v := c.Source
		if target {
			v = c.Target
		}
		parts = append(parts, c.Column+"="+value(v))
	}
	return strings.Join(parts, " ")
}

// csvCell keeps spreadsheets from taking a text for a formula. Numbers stay as
// they are.
func csvCell(s string) string {
	if s == "" || !strings.ContainsRune("=+-@", rune(s[0])) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}
