package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"tandem/plans"
	"tandem/plans/journal"
)

// Spec is what a run works through, as the journal holds it: enough to go on, or
// to come back, on a machine that has no plan file.
type Spec struct {
	Plan   string      `json:"plan"` // its name
	Dir    string      `json:"dir"`  // its folder, in which programs run
	Stages []StageSpec `json:"stages"`
}

// StageSpec is a stage with its groups named and its defaults filled in.
type StageSpec struct {
	Name   string      `json:"name"`
	Groups []string    `json:"groups"`
	Terms  plans.Terms `json:"terms"`
}

// SpecOf expands a plan. groups are those of tandem.yaml.
func SpecOf(p *plans.Plan, dir string, groups []string) Spec {
	s := Spec{Plan: p.Name, Dir: dir}
	handed := p.Handover(groups)
	for i, stage := range p.Stages {
		s.Stages = append(s.Stages, StageSpec{stage.Name, handed[i], stage.Terms})
	}
	return s
}

// steps expands a stage.
func (s StageSpec) steps() []plans.Step {
	p := &plans.Plan{Stages: []plans.Stage{{Name: s.Name, Handover: s.Groups, Terms: s.Terms}}}
	return p.Steps(s.Groups)
}

// back returns the stage as it is on the way back: nobody is asked to approve,
// the gates are those without which it could not be done, and nothing is baked.
func (s StageSpec) back() StageSpec {
	t := s.Terms
	gates := &plans.Gates{Timeout: backTimeout}
	if g := t.Gates; g != nil {
		gates.Timeout, gates.Lag = g.Timeout, g.Lag
	}
	t.Approve, t.Snapshot, t.Gates, t.Bake = nil, nil, gates, nil
	return StageSpec{s.Name, s.Groups, t}
}

// backTimeout bounds the gates of the way back where the plan has no bound.
const backTimeout = plans.Duration(10 * 60e9)

// data returns the spec for the journal. A plan holds no secret; should a value
// look like one, the journal masks it, and the sum tells.
func (s Spec) data() (journal.Data, error) {
	text, err := s.encode()
	if err != nil {
		return nil, err
	}
	return journal.Data{"plan": s.Plan, "spec": text, "spec_sum": sumOf(text)}, nil
}

// MaskedError says that the journal holds a run's plan with something masked.
type MaskedError struct{ Run string }

// Error implements error.
func (e *MaskedError) Error() string {
	return fmt.Sprintf("the plan of run %s holds what looks like a secret, so the journal does not have all of it", e.Run)
}

// specOf reads the spec back.
func specOf(e journal.Entry) (Spec, error) {
	text, _ := e.Data["spec"].(string)
	sum, _ := e.Data["spec_sum"].(string)
	if text == "" {
		return Spec{}, fmt.Errorf("run %s: the journal does not hold its plan", e.Run)
	}
	s, err := decodeSpec(text)
	if err != nil {
		return Spec{}, fmt.Errorf("run %s: read its plan from the journal: %w", e.Run, err)
	}
	if sum != sumOf(text) {
		return s, &MaskedError{e.Run}
	}
	return s, nil
}

func (s Spec) encode() (string, error) {
	for i := range s.Stages {
		if !s.Stages[i].Terms.Approve.Needed() {
			s.Stages[i].Terms.Approve = nil
		}
	}
	data, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return "", err
	}
	data, err = json.Marshal(pairs(tree))
	return string(data), err
}

func decodeSpec(text string) (Spec, error) {
	var tree any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return Spec{}, err
	}
	data, err := json.Marshal(unpair(tree))
	if err != nil {
		return Spec{}, err
	}
	var s Spec
	if err := json.Unmarshal(data, &s); err != nil {
		return Spec{}, err
	}
	if len(s.Stages) == 0 {
		return Spec{}, errors.New("it has no stage")
	}
	return s, nil
}

// headerKey is the one map of a plan. The name of a header may be that of a
// secret, with the name of a variable as its value: written as a list it is not
// taken for one.
const headerKey = "HeaderEnv"

// durations are the keys of lengths of time.
var durations = map[string]bool{
	"Timeout": true, "For": true, "Below": true, "Within": true, "PauseBudget": true,
	"After": true, "Wait": true, "Deadline": true, "Above": true, "TTL": true,
}

func pairs(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		for key, value := range v {
			if value == "0s" && durations[key] {
				delete(v, key) // none is given, which is not read back
				continue
			}
			headers, is := value.(map[string]any)
			if key != headerKey || !is {
				v[key] = pairs(value)
				continue
			}
			list := []any{}
			for name, variable := range headers {
				list = append(list, []any{name, variable})
			}
			v[key] = list
		}
	case []any:
		for i := range v {
			v[i] = pairs(v[i])
		}
	}
	return tree
}

func unpair(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		for key, value := range v {
			list, is := value.([]any)
			if key != headerKey || !is {
				v[key] = unpair(value)
				continue
			}
			headers := map[string]any{}
			for _, one := range list {
				if pair, ok := one.([]any); ok && len(pair) == 2 {
					headers[fmt.Sprint(pair[0])] = pair[1]
				}
			}
			v[key] = headers
		}
	case []any:
		for i := range v {
			v[i] = unpair(v[i])
		}
	}
	return tree
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
