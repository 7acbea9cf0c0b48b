package steps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tandem/plans"
	"tandem/plans/runner"
)

// look makes one round of a bake, a second later than the last one.
func (b *bench) look(k *bake, list []*condition) (blind bool, err error) {
	b.clock.pass(bakeEvery)
	return k.round(b.t.Context(), b.run, list)
}

func TestBakeConditions(t *testing.T) {
	t.Parallel()
	all := &plans.RollbackIf{
		Lag: &plans.LagAbove{Above: plans.Duration(30 * time.Second)}, Parity: plans.ParityMismatch, Breach: true,
	}
	for name, test := range map[string]struct {
		happens func(b *bench)
		want    string
	}{
		"lag": {func(b *bench) {
			b.links.set(runner.Reverse, func(s *runner.LinkState) { s.Lag, s.Behind = time.Minute, 7 })
		}, "lag: the way back is 1m0s behind, 7 transactions"},
		"breach": {func(b *bench) { b.links.set(runner.Forward, func(s *runner.LinkState) { s.Breaches = 2 }) }, "breach: 2 writes on the source"},
		"parity": {func(b *bench) { b.parity.mismatches = []string{"1 rows of shop.a differ"} }, "parity: 1 rows of shop.a differ"},
	} {
		t.Run(name, func(t *testing.T) {
			b := plain(t, plans.Terms{})
			k := &bake{spec: &plans.Bake{For: plans.Duration(time.Hour), RollbackIf: all}}
			list := k.conditions()
			if len(list) != 3 {
				t.Fatalf("%d conditions", len(list))
			}
			for range 10 {
				if blind, err := b.look(k, list); err != nil || blind {
					t.Fatalf("nothing happens, and: blind %v, %v", blind, err)
				}
			}
			// What was seen is written down once, not ten times.
			if notes := b.notes.take(); len(notes) != 3 {
				t.Errorf("notes: %v", notes)
			}
			test.happens(b)
			b.clock.pass(askEvery)
			_, err := b.look(k, list)
			var back *runner.RollbackError
			if !errors.As(err, &back) || !strings.HasPrefix(back.Why, test.want) || back.Step != "one/bake" {
				t.Errorf("error %v, want a rollback for %q", err, test.want)
			}
			if notes := b.notes.take(); len(notes) != 1 || notes[0]["met"] != true {
				t.Errorf("notes: %v", notes)
			}
		})
	}
}

// What can not be asked brings nothing back, stops the clock, and after a while
// the step.
func TestBakeBlind(t *testing.T) {
	t.Parallel()
	for name, blind := range map[string]func(b *bench){
		"nobody answers":     func(b *bench) { b.links.err = errors.New("nobody answers") },
		"the link is down":   func(b *bench) { b.links.set(runner.Reverse, func(s *runner.LinkState) { s.Running = false }) },
		"the lag is unknown": func(b *bench) { b.links.set(runner.Reverse, func(s *runner.LinkState) { s.LagKnown = false }) },
	} {
		t.Run(name, func(t *testing.T) {
			b := plain(t, plans.Terms{})
			k := &bake{spec: &plans.Bake{For: plans.Duration(time.Hour), RollbackIf: &plans.RollbackIf{Lag: &plans.LagAbove{Above: 1}}}}
			list := k.conditions()
			blind(b)
			for range blindLooks - 1 {
				if is, err := b.look(k, list); err != nil || !is {
					t.Fatalf("blind %v, %v", is, err)
				}
			}
			if text := k.progress(list, time.Minute); !strings.Contains(text, "the time stands still: lag could not be asked, 59 times in a row") {
				t.Errorf("says %q", text)
			}
			_, err := b.look(k, list)
			var back *runner.RollbackError
			if err == nil || errors.As(err, &back) || !strings.Contains(err.Error(), "nothing was rolled back") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestBakeSeesAgain(t *testing.T) {
	t.Parallel()
	b := plain(t, plans.Terms{})
	k := &bake{spec: &plans.Bake{For: plans.Duration(time.Hour), RollbackIf: &plans.RollbackIf{Breach: true}}}
	list := k.conditions()
	for range 3 {
		b.links.err = errors.New("nobody answers")
		for range blindLooks - 1 {
			if _, err := b.look(k, list); err != nil {
				t.Fatal(err)
			}
		}
		b.links.err = nil
		if blind, err := b.look(k, list); err != nil || blind {
			t.Fatalf("blind %v, %v", blind, err)
		}
	}
}

// The whole step, with real time: checks of the plan's own.
func TestBake(t *testing.T) {
	t.Parallel()
	var status atomic.Int64
	status.Store(200)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) }))
	t.Cleanup(server.Close)
	b := plain(t, plans.Terms{})
	b.clock.real = true
	if err := os.WriteFile(filepath.Join(b.run.Dir, "healthy"), []byte("#!/bin/sh\ntest ! -e sick\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	spec := &plans.Bake{For: plans.Duration(2 * time.Second), RollbackIf: &plans.RollbackIf{
		Exec: []plans.Exec{{Name: "health", Command: []string{"./healthy"}, Timeout: plans.Duration(time.Second * 10)}},
		HTTP: []plans.HTTP{{URL: server.URL, Timeout: plans.Duration(time.Second * 10)}},
	}}
	k := newBake(plans.Step{Spec: spec})
	if err := k.Apply(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	if data, err := k.Confirm(t.Context(), b.run); err != nil || !strings.Contains(data["says"].(string), "no condition was met") {
		t.Errorf("%v, %v", data, err)
	}
	status.Store(503)
	err := newBake(plans.Step{Spec: spec}).Apply(t.Context(), b.run)
	var back *runner.RollbackError
	if !errors.As(err, &back) || back.Why != fmt.Sprintf("http 1: GET %s answers 503, must be 200", server.URL) {
		t.Errorf("error %v", err)
	}
	status.Store(200)
	if err := os.WriteFile(filepath.Join(b.run.Dir, "sick"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	err = newBake(plans.Step{Spec: spec}).Apply(t.Context(), b.run)
	if !errors.As(err, &back) || back.Why != "exec health: ./healthy ends with 1" {
		t.Errorf("error %v", err)
	}
	stop := errors.New("somebody aborts")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if err := newBake(plans.Step{Spec: &plans.Bake{For: plans.Duration(time.Hour)}}).Apply(ctx, b.run); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked = append(asked, q.Method+" "+q.URL.Path)
		if strings.HasSuffix(q.URL.Path, "g2") {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	b := plain(t, plans.Terms{})
	do := func(spec any) (runner.Action, error) {
		a, err := newTraffic(plans.Step{Spec: spec})
		if err != nil {
			t.Fatal(err)
		}
		return a, a.Apply(t.Context(), b.run)
	}
	a, err := do(&plans.Exec{Command: []string{"sh", "-c", "echo $0 >> where; echo now on $0", "${side}"}, Timeout: plans.Duration(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if data, err := a.Confirm(t.Context(), b.run); err != nil || data["says"] != "sh has ended with 0: now on target" || data["side"] != "target" {
		t.Errorf("%v, %v", data, err)
	}
	if err := a.Undo(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(b.run.Dir, "where")); string(got) != "target\nsource\n" {
		t.Errorf("traffic went to %q", got)
	}
	a, err = do(&plans.HTTP{URL: server.URL + "/${side}/${groups}", Method: "POST", Timeout: plans.Duration(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Undo(t.Context(), b.run); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(asked, ", "); got != "POST /target/g, POST /source/g" {
		t.Errorf("asked %s", got)
	}
	if _, err := do(&plans.Exec{Command: []string{"false"}, Timeout: plans.Duration(time.Minute)}); err == nil {
		t.Error("a program that fails has switched traffic")
	}
	if _, err := do(&plans.HTTP{URL: server.URL + "/g2", Timeout: plans.Duration(time.Minute)}); err == nil || !strings.Contains(err.Error(), "answers 500") {
		t.Errorf("error %v", err)
	}
}

// Every kind of step has something that does it.
func TestMake(t *testing.T) {
	t.Parallel()
	no := false
	stage := plans.Stage{Name: "one", Handover: []string{"g"}, Terms: plans.Terms{
		Approve: &plans.Approve{Within: 1},
		Gates: &plans.Gates{Lag: &plans.LagGate{}, Parity: &plans.ParityGate{}, Reverse: &plans.ReverseGate{Canary: true},
			SQL: []plans.SQLCheck{{}}, Exec: []plans.Exec{{Command: []string{"true"}}}, HTTP: []plans.HTTP{{}}},
		Fence:   &plans.Fence{Accounts: []string{"a"}},
		Traffic: []plans.Action{{Exec: &plans.Exec{Command: []string{"true"}}}, {HTTP: &plans.HTTP{}}},
		Bake:    &plans.Bake{},
	}}
	other := stage
	other.Name, other.Fence = "two", &plans.Fence{Guard: &no, Accounts: []string{"a"}}
	kinds := map[plans.Kind]bool{}
	for _, s := range (&plans.Plan{Stages: []plans.Stage{stage, other}}).Steps([]string{"g"}) {
		kinds[s.Kind] = true
		action, gate, err := Make(s)
		if err != nil || (action == nil) == (gate == nil) {
			t.Errorf("%s: %v, %v, %v", s.ID, action, gate, err)
		}
	}
	if len(kinds) != 23 {
		t.Errorf("%d kinds of steps: %v", len(kinds), kinds)
	}
	if _, _, err := Make(plans.Step{Kind: "another"}); err == nil {
		t.Error("no error for what is not known")
	}
}
