package render

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"

	"tandem/verify"
)

//go:embed page.html.tmpl
var pageText string

// HTML writes one page that needs nothing but itself: no script, no font, no
// picture from elsewhere. Its policy forbids them, too.
func HTML(w io.Writer, r *Result) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"line":    line,
		"side":    sideText,
		"value":   value,
		"details": func(i Issue) []string { return i.details() },
		"columns": func(c []verify.ColumnDiff) string { return strings.Join(columnNames(c), ", ") },
		"more":    func(n int64) string { return plural(n, "more finding") },
		"time":    func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"took":    func(d time.Duration) string { return d.Round(time.Millisecond).String() },
		"outcome": outcomeText,
	}).Parse(pageText)
	if err != nil {
		return err
	}
	page := struct {
		*Result
		Took                   time.Duration
		Equal, Differ, Unknown int
	}{Result: r, Took: r.Ended.Sub(r.Started)}
	for i := range r.Items {
		switch r.Items[i].Outcome {
		case verify.Equal:
			page.Equal++
		case verify.Mismatch:
			page.Differ++
		default:
			page.Unknown++
		}
	}
	return t.Execute(w, page)
}
