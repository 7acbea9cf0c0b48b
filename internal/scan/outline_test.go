package scan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOutline(t *testing.T) {
	for _, tc := range []struct{ doc, want string }{
		{`1`, `n`},
		{`-1.5`, `n`},
		{`1e300`, `x`},
		{`null`, `x`},
		{`"a"`, `x`},
		{`""`, `x`},
		{`"2024-01-01"`, `s`},
		{`"base64:type15:AQ=="`, `s`},
		{`"12345678-90ab"`, `x`},
		{`{}`, `{}`},
		{`{"a": 1, "b": [true, {"c": "x"}], "d": {}}`, `{"a":n,"b":[x,{"c":x}],"d":{}}`},
		{`{"a\"b": "c\"d: 1"}`, `{"a\"b":x}`},
		{`["a\\", 7]`, `[x,n]`},
		{`[1, 2e5, 3]`, `[n,x,n]`},
		{`{"1": "2"}`, `{"1":x}`},
	} {
		if got := string(outline(nil, []byte(tc.doc))); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.doc, got, tc.want)
		}
	}
}

// TestHiddenTypes: what servers print of dates, times and binary values is seen as
// such.
func TestHiddenTypes(t *testing.T) {
	for text, want := range map[string]bool{
		"2024-01-01": true, "0000-00-00": true, "00:00:00.000000": true, "-838:59:59.000000": true,
		"2024-01-01 10:11:12.000001": true, "base64:type15:AQ==": true, "base64:type16:AA==": true, "base64:type13:MjAx": true,
		"": false, "1": false, "2024": false, "abc": false, "12345678a": false, "ba": false,
	} {
		if got := hidesType([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestChecker(t *testing.T) {
	c := NewChecker([]string{`$."a"`, `$."b"[0]`})
	for _, tc := range []struct {
		doc  string
		want bool
	}{
		{`{"a": 1}`, true},
		{`{"a": 2, "z": "text"}`, true},
		{`{"a": 1, "b": [1]}`, true},
		{`{"a": 1, "b": [1, "2"]}`, true},
		{`{"a": 1, "b": [1, 2]}`, false},
		{`{"a": 1, "b": [1, 2]}`, false}, // again: nothing is remembered of it
		{`{"a": {"a": 1}}`, false},
		{`7`, false},
		{`{"b": "2024-01-01"}`, false},
		{`{"b": ["2024-01-01"]}`, true},
	} {
		got, err := c.See([]byte(tc.doc))
		if err != nil || got != tc.want {
			t.Errorf("%s: %v %v", tc.doc, got, err)
		}
	}
	if d := cmp.Diff([]string{`$`, `$."a"."a"`, `$."b"`, `$."b"[1]`}, c.Missing()); d != "" {
		t.Error(d)
	}
	if ok, err := c.See(nil); !ok || err != nil {
		t.Errorf("NULL: %v %v", ok, err)
	}
	if _, err := c.See([]byte(`{"a`)); err == nil {
		t.Error("half a document is none")
	}
}

// FuzzOutline: documents with the same outline have values whose type the text may
// hide at the same places.
func FuzzOutline(f *testing.F) {
	f.Add(`{"a": 1, "b": ["2024-01-01", 2.5, null]}`, `{"a": 2, "b": ["2024-01-02", 3, true]}`)
	f.Add(`[1, 2]`, `[1, "2"]`)
	f.Add(`{"a:1": 1}`, `{"a": "1:1"}`)
	places := func(doc string) ([]string, bool) {
		values, err := jsonValues([]byte(doc))
		if err != nil {
			return nil, false
		}
		var out []string
		for i := range values {
			if values[i].doubtful() {
				out = append(out, values[i].path)
			}
		}
		slices.Sort(out)
		return out, true
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, okA := places(a)
		y, okB := places(b)
		if !okA || !okB || string(outline(nil, []byte(a))) != string(outline(nil, []byte(b))) {
			return
		}
		if d := cmp.Diff(x, y); d != "" {
			t.Errorf("%s and %s: %s", a, b, d)
		}
	})
}
