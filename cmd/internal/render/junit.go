package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"tandem/verify"
)

// The elements of a JUnit file, in the form that CI systems agree on. See
// testdata/junit.xsd.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property,omitempty"`
		Cases      []junitCase     `xml:"testcase"`
		took       time.Duration
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string       `xml:"name,attr"`
		Classname string       `xml:"classname,attr"`
		Time      string       `xml:"time,attr"`
		Failure   *junitResult `xml:"failure"`
		Error     *junitResult `xml:"error"`
		Output    string       `xml:"system-out,omitempty"`
	}
	junitResult struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// junitIssues bounds the issues that one test case tells.
const junitIssues = 100

// JUnit writes a suite for each schema and a case for each table. A mismatch is
// a failure. What was skipped or is not resolved is an error, never "skipped":
// to CI systems that would be as good as passed.
func JUnit(w io.Writer, r *Result) error {
	all := junitSuites{Name: "tandem verify: " + r.Title, Time: seconds(r.Ended.Sub(r.Started))}
	at := map[string]int{}
	for i := range r.Items {
		item := &r.Items[i]
		n, ok := at[item.Suite]
		if !ok {
			n = len(all.Suites)
			at[item.Suite] = n
			all.Suites = append(all.Suites, junitSuite{
				Name: item.Suite, Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"), Properties: junitProperties(r),
			})
		}
		all.Suites[n].add(junitCaseOf(item), item.Took)
	}
	for i := range all.Suites {
		all.Suites[i].Time = seconds(all.Suites[i].took)
	}
	return all.write(w)
}

// write sums the suites up and writes the document.
func (all *junitSuites) write(w io.Writer) error {
	for i := range all.Suites {
		s := &all.Suites[i]
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitProperties(r *Result) []junitProperty {
	return []junitProperty{
		{"migration", r.Migration}, {"mode", r.Mode}, {"outcome", string(r.Outcome)},
		{"source", r.Source.Endpoint}, {"target", r.Target.Endpoint}, {"linked", fmt.Sprint(r.Linked)},
	}
}

func (s *junitSuite) add(c junitCase, took time.Duration) {
	s.Cases = append(s.Cases, c)
	s.took += took
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	}
}

func junitCaseOf(item *Item) junitCase {
	c := junitCase{Name: item.Name, Classname: item.Suite, Time: seconds(item.Took)}
	body := junitBody(item)
	switch item.Outcome {
	case verify.Equal:
		c.Output = body
	case verify.Mismatch:
		c.Failure = &junitResult{Message: junitMessage(item), Type: junitType(item), Text: body}
	default:
		c.Error = &junitResult{Message: junitMessage(item), Type: junitType(item), Text: body}
	}
	return c
}

// junitType is the first class that is found, or skipped.
func junitType(item *Item) string {
	if item.Outcome != verify.Mismatch && item.Skipped != "" {
		return skippedRule
	}
	for _, issue := range item.Issues {
		if issue.Level == Error || item.Outcome != verify.Mismatch {
			return issue.Rule
		}
	}
	return string(item.Outcome)
}

func junitMessage(item *Item) string {
	text := item.Text
	if item.Skipped != "" {
		text = strings.TrimPrefix(text+"; skipped: "+item.Skipped, "; ")
	}
	return item.Object + ": " + text
}

func junitBody(item *Item) string {
	var b strings.Builder
	for i := range item.Issues {
		if i == junitIssues {
			fmt.Fprintf(&b, "%s not listed here\n", plural(int64(len(item.Issues)-i)+item.Omitted, "more finding"))
			return b.String()
		}
		is := &item.Issues[i]
		fmt.Fprintf(&b, "%s: %s\n", is.Rule, line(is.Text))
		for _, detail := range is.details() {
			fmt.Fprintf(&b, "    %s\n", line(detail))
		}
	}
	if item.Omitted > 0 {
		fmt.Fprintf(&b, "%s not listed\n", plural(item.Omitted, "more finding"))
	}
	return b.String()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(d, 0).Seconds()) }
