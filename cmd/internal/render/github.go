package render

import (
	"fmt"
	"io"
	"strings"

	"tandem/verify"
)

// annotations is how many of a kind GitHub shows for a step; the rest would be
// dropped in silence.
const annotations = 10

// GitHubAnnotations writes workflow commands, one for each item that is not
// equal, for the log of a GitHub Actions step. file is what they are shown at,
// if it is not empty.
func GitHubAnnotations(w io.Writer, r *Result, file string) error {
	written := map[string]int{}
	left := map[string]int{}
	for i := range r.Items {
		item := &r.Items[i]
		command := githubCommand(item)
		if command == "" {
			continue
		}
		// The last one is kept for how many more there are.
		if written[command] == annotations-1 {
			left[command]++
			continue
		}
		written[command]++
		if err := githubWrite(w, command, file, "tandem: "+line(item.Object), githubText(item)); err != nil {
			return err
		}
	}
	for _, command := range []string{"error", "warning", "notice"} {
		if left[command] > 0 {
			text := fmt.Sprintf("%s of this kind; the job summary lists all", plural(int64(left[command]), "more object"))
			if err := githubWrite(w, command, file, "tandem: "+r.Title, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// githubCommand is the kind of annotation for an item, or nothing.
func githubCommand(item *Item) string {
	switch {
	case item.Outcome == verify.Mismatch:
		return "error"
	case item.Outcome == verify.Inconclusive:
		return "warning"
	}
	for _, issue := range item.Issues {
		if issue.Level == Warning {
			return "notice"
		}
	}
	return ""
}

func githubText(item *Item) string {
	text := line(junitMessage(item))
	for n := range item.Issues {
		if n == 3 {
			break
		}
		text += "\n" + item.Issues[n].Rule + ": " + clip(line(item.Issues[n].Text), 300)
	}
	return text
}

func githubWrite(w io.Writer, command, file, title, text string) error {
	properties := "title=" + githubProperty(title)
	if file != "" {
		properties = "file=" + githubProperty(file) + "," + properties
	}
	_, err := fmt.Fprintf(w, "::%s %s::%s\n", command, properties, githubData(text))
	return err
}

// githubData escapes the text of a workflow command, githubProperty one of its
// properties. A line end in either would begin another command.
func githubData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func githubProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// Limits of a job summary: GitHub refuses one of more than a mebibyte.
const (
	summaryBytes  = 900 << 10
	summaryIssues = 20
)

// GitHubSummary writes the Markdown of a job summary.
func GitHubSummary(w io.Writer, r *Result) error {
	var b strings.Builder
	sign := map[verify.Outcome]string{verify.Equal: "✅", verify.Mismatch: "❌", verify.Inconclusive: "⚠️"}[r.Outcome]
	fmt.Fprintf(&b, "## %s %s: %s\n\n", sign, markdown(r.Title), r.Outcome)
	b.WriteString("| | |\n|---|---|\n")
	for _, f := range append([]Fact{{"source", sideText(r.Source)}, {"target", sideText(r.Target)}}, r.Facts...) {
		fmt.Fprintf(&b, "| %s | %s |\n", markdown(f.Name), markdown(f.Value))
	}
	b.WriteString("\n")
	equal, cut := 0, 0
	for i := range r.Items {
		item := &r.Items[i]
		switch {
		case item.Outcome == verify.Equal && len(item.Issues) == 0:
			equal++
		case b.Len() > summaryBytes:
			cut++
		default:
			summaryItem(&b, item)
		}
	}
	if equal > 0 {
		fmt.Fprintf(&b, "%s equal.\n", plural(int64(equal), "object"))
	}
	if cut > 0 {
		fmt.Fprintf(&b, "\n%s not shown here.\n", plural(int64(cut), "more object"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func summaryItem(b *strings.Builder, item *Item) {
	fmt.Fprintf(b, "### %s: %s\n\n", markdown(item.Object), item.Outcome)
	if item.Skipped != "" {
		fmt.Fprintf(b, "Not compared: %s\n\n", markdown(item.Skipped))
	}
	if len(item.Issues) == 0 {
		return
	}
	b.WriteString("| class | what | details |\n|---|---|---|\n")
	for n := range item.Issues {
		if n == summaryIssues {
			break
		}
		issue := &item.Issues[n]
		details := issue.details()
		for i := range details {
			details[i] = markdown(clip(details[i], 300))
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", markdown(issue.Rule), markdown(clip(issue.Text, 300)), strings.Join(details, "<br>"))
	}
	b.WriteString("\n")
	if left := int64(max(len(item.Issues)-summaryIssues, 0)) + item.Omitted; left > 0 {
		fmt.Fprintf(b, "%s not listed.\n\n", plural(left, "more finding"))
	}
}

// markdown makes a text stand for itself within a cell of a table: as entities
// nothing is left for Markdown to see, no link, no mention, no markup.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range line(s) {
		if strings.ContainsRune("\\`*_{}[]()#+-.!|~@:<>&\"'", r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func sideText(s verify.Side) string {
	text := strings.TrimPrefix(strings.TrimPrefix(s.Endpoint, "source "), "target ")
	if s.Version != "" {
		text += ", MySQL " + s.Version
	}
	return text
}
