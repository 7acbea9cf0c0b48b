package gcp

import (
	"maps"
	"slices"
	"strings"
)

// labels are tags as Google Cloud takes them: small letters, digits, dashes and
// underscores, 63 at most, and a letter first.
func labels(tags map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range tags {
		key := label(k)
		if key == "" || key[0] < 'a' || key[0] > 'z' {
			key = label("t-" + k)
		}
		out[key] = label(v)
	}
	return out
}

func label(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
	return s[:min(len(s), 63)]
}

// filter is what lists take, and what a person types behind --filter.
func filter(labels map[string]string) string {
	var terms []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		terms = append(terms, "settings.userLabels."+k+":"+labels[k])
	}
	return strings.Join(terms, " ")
}

func hasAll(has, want map[string]string) bool {
	for k, v := range want {
		if got, ok := has[k]; !ok || got != v {
			return false
		}
	}
	return true
}
