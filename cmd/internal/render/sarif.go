package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// The objects of a SARIF 2.1.0 file, as far as they are needed here.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Automation  sarifAutomation   `json:"automationDetails"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		ColumnKind  string            `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string       `json:"id"`
		Name  string       `json:"name"`
		Short sarifMessage `json:"shortDescription"`
		Full  sarifMessage `json:"fullDescription"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Started       string              `json:"startTimeUtc"`
		Ended         string              `json:"endTimeUtc"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   Level        `json:"level"`
		Message sarifMessage `json:"message"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        Level             `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name     string `json:"name"`
		FullName string `json:"fullyQualifiedName"`
		Kind     string `json:"kind"`
	}
)

// sarifResults bounds the results: code scanning shows no more of a run.
const sarifResults = 5000

// SARIFOptions is what SARIF says beside the result.
type SARIFOptions struct {
	// Version is tandem's.
	Version string
	// Artifact is a file of the repository that results are shown at, since a
	// table is none: the configuration that names the databases.
	Artifact string
}

// SARIF writes a SARIF 2.1.0 log of one run. A result's fingerprint depends on
// its rule, its table and its row only, so that it is the same tomorrow.
func SARIF(w io.Writer, r *Result, o SARIFOptions) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "tandem", Version: o.Version, Rules: []sarifRule{}}},
		Automation: sarifAutomation{"tandem verify/" + r.Migration + "/" + r.Mode + "/"},
		Results:    []sarifResult{},
		ColumnKind: "unicodeCodePoints",
	}
	index := map[string]int{}
	for i, rule := range rulesOf(r) {
		index[rule.id] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{rule.id, rule.name, sarifMessage{rule.short}, sarifMessage{rule.long}})
	}
	invocation := sarifInvocation{Successful: true, Started: sarifTime(r.Started), Ended: sarifTime(r.Ended)}
	left := int64(0)
	add := func(item *Item, issue *Issue) {
		if len(run.Results) == sarifResults {
			left++
			return
		}
		run.Results = append(run.Results, sarifResultOf(item, issue, index[issue.Rule], o.Artifact))
	}
	for i := range r.Items {
		item := &r.Items[i]
		for n := range item.Issues {
			add(item, &item.Issues[n])
		}
		if item.Skipped != "" {
			add(item, &Issue{Rule: skippedRule, Level: Warning, Text: "not compared: " + item.Skipped})
		}
		left += item.Omitted
	}
	if left > 0 {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{Warning,
			sarifMessage{plural(left, "more finding") + " not listed"}})
	}
	run.Invocations = []sarifInvocation{invocation}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func sarifResultOf(item *Item, issue *Issue, index int, artifact string) sarifResult {
	text := item.Object + ": " + issue.Text
	if details := issue.details(); len(details) > 0 {
		text += "\n" + strings.Join(details, "\n")
	}
	location := sarifLocation{Logical: []sarifLogical{{Name: item.Name, FullName: item.Object, Kind: item.Kind}}}
	if artifact != "" {
		location.Physical = &sarifPhysical{sarifArtifact{artifact}, sarifRegion{1}}
	}
	same := fingerprint(issue.Rule, item.Object, issue.Key)
	return sarifResult{
		RuleID: issue.Rule, RuleIndex: index, Level: issue.Level, Message: sarifMessage{text},
		Locations: []sarifLocation{location},
		// GitHub looks at the latter only. Left to itself it would take it from the
		// line of the file, which all results share, and show them as one.
		Fingerprints: map[string]string{"tandem/v1": same, "primaryLocationLineHash": same + ":1"},
	}
}

// fingerprint is the same for the same finding in every run.
func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func sarifTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
