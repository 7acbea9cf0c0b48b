package fault

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func fired(a *Armed) bool {
	select {
	case <-a.Fired():
		return true
	default:
		return false
	}
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		trigger Trigger
		say     []string // each is answered before the next is said
		served  string   // what the server gets
		heard   string   // what the client gets
		fires   bool
	}{
		{"cut on the way there", Trigger{Way: ToServer, After: 3}, []string{"ab", "cdef"}, "abc", "ab", true},
		{"cut on the way back", Trigger{Way: ToClient, After: 3}, []string{"ab", "cdef"}, "abcdef", "abc", true},
		{"cut before the first byte", Trigger{}, []string{"ab"}, "", "", true},
		{"not far enough", Trigger{Way: ToServer, After: 6}, []string{"ab", "cdef"}, "abcdef", "abcdef", false},
		{"a request that never arrives", Trigger{Said: []byte("COMMIT"), Way: ToServer}, []string{"BEGIN;", "a COMMIT"}, "BEGIN;a ", "BEGIN;", true},
		{"a torn request", Trigger{Said: []byte("COMMIT"), Way: ToServer, After: 3}, []string{"a COMMIT"}, "a COM", "", true},
		{"a request and what follows it", Trigger{Said: []byte("COMMIT"), Way: ToServer, After: 8}, []string{"COMMIT", "more"}, "COMMITmo", "COMMIT", true},
		{"an answer that never comes", Trigger{Said: []byte("COMMIT"), Way: ToClient}, []string{"x", "COMMIT"}, "xCOMMIT", "x", true},
		{"a torn answer", Trigger{Said: []byte("COMMIT"), Way: ToClient, After: 3}, []string{"x", "COMMIT"}, "xCOMMIT", "xCOM", true},
		{"said in two pieces", Trigger{Said: []byte("COMMIT"), Way: ToClient, After: 1}, []string{"COM", "MIT"}, "COMMIT", "COMM", true},
		{"never said", Trigger{Said: []byte("COMMIT"), Way: ToClient}, []string{"COMM", "ON"}, "COMMON", "COMMON", false},
		{"flip there", Trigger{Do: Flip, Way: ToServer, After: 1}, []string{"abc"}, "arc", "arc", true},
		{"flip back", Trigger{Do: Flip, Way: ToClient, After: 2}, []string{"ab", "c"}, "abc", "abs", true},
		{"only where something was said", Trigger{Only: []byte("dump"), Way: ToClient, Do: Flip}, []string{"ab", "dump"}, "abdump", "abtump", true},
		{"only where it was not said", Trigger{Only: []byte("dump"), Way: ToClient, Do: Flip}, []string{"ab", "dum"}, "abdum", "abdum", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u := serveEcho(t)
			p := open(t, u)
			armed := p.Arm(test.trigger)
			c := dial(t, p)
			var heard strings.Builder
			for _, text := range test.say {
				if _, err := io.WriteString(c, text); err != nil {
					break
				}
				answer := make([]byte, len(text))
				n, err := io.ReadFull(c, answer)
				heard.Write(answer[:n])
				if err != nil {
					break
				}
			}
			// What the server has heard it may have answered before the cut.
			answered := test.trigger.Do == Cut && test.trigger.Way == ToServer && strings.HasPrefix(test.served, heard.String())
			if heard.String() != test.heard && !(answered && strings.HasPrefix(heard.String(), test.heard)) {
				t.Errorf("the client heard %q, want %q", heard.String(), test.heard)
			}
			waitFor(t, "the server heard "+test.served, func() bool { return u.heard() == test.served })
			if fired(armed) != test.fires {
				t.Errorf("gone off: %t, want %t", fired(armed), test.fires)
			}
			if armed.Disarm() == test.fires {
				t.Errorf("Disarm after it had gone off %t says otherwise", test.fires)
			}
		})
	}
}

func TestHangKeepsOneConnectionSilent(t *testing.T) {
	t.Parallel()
	u := serveEcho(t)
	p := open(t, u)
	armed := p.Arm(Trigger{Do: Hang, Way: ToServer, After: 2})
	c := dial(t, p)
	say(t, c, "ab")
	hear(t, c, "ab")
	say(t, c, "cd")
	<-armed.Fired()
	silent(t, c)
	other := dial(t, p)
	say(t, other, "well")
	hear(t, other, "well")
	p.CutAll()
	ended(t, c)
}

func TestGoesOffOnce(t *testing.T) {
	t.Parallel()
	p := open(t, serveEcho(t))
	armed := p.Arm(Trigger{Way: ToServer})
	first := dial(t, p)
	say(t, first, "x")
	ended(t, first)
	<-armed.Fired()
	c := dial(t, p)
	say(t, c, "y")
	hear(t, c, "y")
}

func TestDisarmed(t *testing.T) {
	t.Parallel()
	p := open(t, serveEcho(t))
	armed := p.Arm(Trigger{Way: ToServer, After: 1})
	c := dial(t, p)
	say(t, c, "x")
	hear(t, c, "x")
	if !armed.Disarm() {
		t.Error("Disarm says that the trigger has gone off")
	}
	say(t, c, "y")
	hear(t, c, "y")
	if fired(armed) {
		t.Error("a trigger went off after Disarm")
	}
}

func TestSeveralTriggersGoOffInOrder(t *testing.T) {
	t.Parallel()
	u := serveEcho(t)
	p := open(t, u)
	for _, after := range []int64{4, 1, 6} {
		p.Arm(Trigger{Do: Flip, Way: ToServer, After: after})
	}
	p.Arm(Trigger{Way: ToServer, After: 8})
	c := dial(t, p)
	say(t, c, "aaaaaaaaaaaa")
	ended(t, c)
	waitFor(t, "what the server heard", func() bool { return u.heard() == "aqaaqaqa" })
}

// However what a client says is cut to pieces, a trigger goes off at the same
// byte.
func TestCounterDoesNotDependOnPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]byte("COMIT ")), 1, 60).Draw(t, "text")
		trigger := Trigger{Way: ToServer, After: rapid.Int64Range(0, 70).Draw(t, "after")}
		want := int(trigger.After)
		if rapid.Bool().Draw(t, "said") {
			trigger.Said = []byte("COMMIT")
			// Where the text begins in an earlier piece, that has gone already.
			trigger.After += int64(len(trigger.Said))
			i := bytes.Index(text, trigger.Said)
			want = i + int(trigger.After)
			if i < 0 {
				want = len(text)
			}
		}
		want = min(want, len(text))
		c := counter{begun: len(trigger.Said) == 0, left: trigger.After}
		passed := 0
		for rest := text; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			at := c.at(&trigger, ToServer, rest[:n])
			c.pass(&trigger, ToServer, rest[:at])
			passed += at
			if at < n {
				break
			}
			rest = rest[n:]
		}
		if passed != want {
			t.Fatalf("%q: went off after %d bytes, want %d (%s)", text, passed, want, trigger)
		}
	})
}
