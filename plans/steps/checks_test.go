package steps

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tandem/plans"
	"tandem/plans/runner"
)

func TestExec(t *testing.T) {
	t.Parallel()
	b := plain(t, plans.Terms{})
	if err := os.WriteFile(filepath.Join(b.run.Dir, "ok"), []byte("#!/bin/sh\necho to $1 with $2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	exec := func(timeout time.Duration, command ...string) runner.Gate {
		return newExec(plans.Step{Spec: &plans.Exec{Command: command, Timeout: plans.Duration(timeout)}})
	}
	if got := b.holds(exec(time.Minute, "./ok", "${side}", "${groups}")); got.Says != "./ok ends with 0: to target with g" || got.Data["last_line"] != "to target with g" {
		t.Errorf("%+v", got)
	}
	if got := b.waits(exec(time.Minute, "sh", "-c", "echo password=hunter2; exit 4")); got.Says != "sh ends with 4: password=***" {
		t.Errorf("says %q", got.Says)
	}
	if got := b.waits(exec(200*time.Millisecond, "sleep", "60")); !strings.Contains(got.Says, "did not end within 200ms") {
		t.Errorf("says %q", got.Says)
	}
	if _, err := exec(time.Minute, "./nowhere").Check(t.Context(), b.run); err == nil {
		t.Error("a program that is not there has given an answer")
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		switch q.URL.Path {
		case "/ready":
			fmt.Fprint(w, "writers: ready")
		case "/slow":
			select {
			case <-q.Context().Done():
			case <-time.After(time.Minute):
			}
		case "/moved":
			http.Redirect(w, q, "/ready", http.StatusFound)
		default:
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprintf(w, "%s %s %s %s", q.Method, q.URL.Path, q.Header.Get("X-Key"), body)
		}
	}))
	t.Cleanup(server.Close)
	b := plain(t, plans.Terms{})
	b.vars["KEY"] = "hunter2"
	const second = plans.Duration(time.Second)
	for name, test := range map[string]struct {
		spec  plans.HTTP
		holds bool
		says  string // %s is the server
		err   string
	}{
		"as wanted":   {plans.HTTP{URL: "/ready", Contains: "ready", Timeout: second}, true, "GET %s/ready answers 200", ""},
		"another":     {plans.HTTP{URL: "/other", Timeout: second}, false, "GET %s/other answers 202, must be 200", ""},
		"without":     {plans.HTTP{URL: "/ready", Contains: "closed", Timeout: second}, false, `GET %s/ready answers 200, but without "closed" in it`, ""},
		"everything":  {plans.HTTP{URL: "/to/${side}", Method: "PUT", Body: `{"groups":"${groups}"}`, HeaderEnv: map[string]string{"X-Key": "KEY"}, Status: 202, Contains: `PUT /to/target hunter2 {"groups":"g"}`, Timeout: second}, true, "PUT %s/to/target answers 202", ""},
		"redirection": {plans.HTTP{URL: "/moved", Timeout: second}, false, "GET %s/moved answers 302, must be 200", ""},
		"too slow":    {plans.HTTP{URL: "/slow", Timeout: plans.Duration(50 * time.Millisecond)}, false, "", "no answer within 50ms"},
		"no variable": {plans.HTTP{URL: "/ready", HeaderEnv: map[string]string{"X-Key": "NOWHERE"}, Timeout: second}, false, "", "the variable NOWHERE for header X-Key is not set"},
		"nobody":      {plans.HTTP{URL: "http://user:hunter2@127.0.0.1:1/x?token=hunter2", Timeout: second}, false, "", "GET http://127.0.0.1:1/x: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(test.spec.URL, "/") {
				test.spec.URL = server.URL + test.spec.URL
			}
			got, err := newHTTP(plans.Step{Spec: &test.spec}).Check(t.Context(), b.run)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want %q in it", err, test.err)
				}
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("a secret in %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := test.says
			if strings.Contains(want, "%s") {
				want = fmt.Sprintf(want, server.URL)
			}
			if got.Holds != test.holds || got.Says != want {
				t.Errorf("holds: %v, says %q; want %v, %q", got.Holds, got.Says, test.holds, want)
			}
		})
	}
}

func TestSQL(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*testing.T, plans.Terms) *bench{"current": shared, "5.6": shared56} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := make(t, plans.Terms{})
			ask := func(query, expect string) runner.Gate {
				return newSQL(plans.Step{Spec: &plans.SQLCheck{Side: plans.SideSource, Query: strings.ReplaceAll(query, "{db}", b.schema), Expect: expect, Timeout: plans.Duration(2 * time.Second)}})
			}
			if got := b.holds(ask("SELECT COUNT(*) FROM {db}.a", "2")); got.Says != "the source answers 2" {
				t.Errorf("says %q", got.Says)
			}
			if got := b.waits(ask("SELECT COUNT(*) FROM {db}.a", "0")); got.Says != "the source answers 2, must be 0" {
				t.Errorf("says %q", got.Says)
			}
			b.holds(ask("SELECT MAX(id) FROM {db}.a WHERE id > 5", "NULL"))
			for query, want := range map[string]string{
				"SELECT id, v FROM {db}.a":                   "2 columns",
				"SELECT id FROM {db}.a":                      "more than one row",
				"SELECT id FROM {db}.a WHERE FALSE":          "no row",
				"SELECT id FROM {db}.nowhere":                "doesn't exist",
				"SELECT SLEEP(30)":                           "no answer within 2s",
				"DELETE FROM {db}.a":                         "READ ONLY transaction",
				"UPDATE {db}.a SET v = 0":                    "READ ONLY transaction",
				"SELECT 1; DELETE FROM {db}.a":               "syntax",
				"INSERT INTO {db}.b SELECT 9, 9 FROM {db}.a": "READ ONLY transaction",
			} {
				begun := time.Now()
				if _, err := ask(query, "1").Check(t.Context(), b.run); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: error %v, want %q in it", query, err, want)
				}
				if took := time.Since(begun); took > 20*time.Second {
					t.Errorf("%s took %s", query, took)
				}
			}
			b.holds(ask("SELECT COUNT(*) FROM {db}.a", "2"))
		})
	}
}

// The server goes away and comes back: the gate can not ask, and then it can.
func TestSQLServerAway(t *testing.T) {
	t.Parallel()
	pair := pairOfOwn(t)
	b := withServers(t, pair, "shop", plans.Terms{})
	g := newSQL(plans.Step{Spec: &plans.SQLCheck{Side: plans.SideSource, Query: "SELECT COUNT(*) FROM shop.a", Expect: "2", Timeout: plans.Duration(2 * time.Second)}})
	b.holds(g)
	if err := pair.Source.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Check(t.Context(), b.run); err == nil {
		t.Error("no error although nobody is there")
	}
	if err := pair.Source.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.holds(g)
}
