package plans

import (
	"fmt"
	"strings"
)

// Drift is one thing that is not as it was.
type Drift struct {
	Name string `json:"name"` // of the part
	How  How    `json:"how"`
}

// How says what has become of a part.
type How string

// What may have become of a part.
const (
	Changed How = "changed"
	Gone    How = "gone"
	New     How = "new"
	Unknown How = "unknown" // one of the two digests could not look at it
)

// String says it in words.
func (d Drift) String() string {
	switch d.How {
	case New:
		return d.Name + " is new"
	case Gone:
		return d.Name + " is gone"
	case Unknown:
		return d.Name + " could not be looked at"
	default:
		return d.Name + " has changed"
	}
}

// Drift returns what has drifted from d, the digest of then, to now; nothing
// means that it is the same plan in the same world. What either of the two
// could not look at has drifted, as far as anybody can know.
func (d Digest) Drift(now Digest) []Drift {
	var list []Drift
	i, j := 0, 0
	for i < len(d.Parts) || j < len(now.Parts) {
		switch {
		case j == len(now.Parts) || i < len(d.Parts) && d.Parts[i].Name < now.Parts[j].Name:
			list = append(list, Drift{d.Parts[i].Name, Gone})
			i++
		case i == len(d.Parts) || d.Parts[i].Name > now.Parts[j].Name:
			list = append(list, Drift{now.Parts[j].Name, New})
			j++
		default:
			if d.Parts[i].Sum != now.Parts[j].Sum {
				list = append(list, Drift{d.Parts[i].Name, Changed})
			}
			i, j = i+1, j+1
		}
	}
	seen := map[string]bool{}
	for _, missing := range [][]string{d.Missing, now.Missing} {
		for _, name := range missing {
			if !seen[name] {
				list = append(list, Drift{name, Unknown})
			}
			seen[name] = true
		}
	}
	// Parts that agree and sums that do not: one of the two was not made here.
	if len(list) == 0 && d.Sum != now.Sum {
		list = append(list, Drift{"the digest itself", Changed})
	}
	return list
}

// DriftError refuses to run what is not what was shown, approved or rehearsed.
type DriftError struct {
	What  string // such as "approved"
	Drift []Drift
}

// Error implements error.
func (e *DriftError) Error() string {
	texts := make([]string, 0, len(e.Drift))
	for i, d := range e.Drift {
		if i == 8 {
			texts = append(texts, fmt.Sprintf("and %d more", len(e.Drift)-i))
			break
		}
		texts = append(texts, d.String())
	}
	return fmt.Sprintf("the plan is not what was %s: %s", e.What, strings.Join(texts, "; "))
}

// Hint says what to type next.
func (e *DriftError) Hint() string { return "tandem plan show prints what would be done now" }

// Check returns a *DriftError if anything has drifted.
func (d Digest) Check(what string, now Digest) error {
	if drift := d.Drift(now); len(drift) > 0 {
		return &DriftError{what, drift}
	}
	return nil
}
