package schema

import "testing"

func TestJSONRetyped(t *testing.T) {
	typed := func(text string) string {
		return string(AppendTypedJSON(nil, TypedJSON{Text: []byte(text), Leaves: []TypedLeaf{{Path: "$", Expr: "CAST('1' AS DECIMAL(1,0))"}}}))
	}
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{`1`, `1.0`, true},
		{`1`, `2`, false},
		{`1`, `1`, false},
		{`0.0`, `-0.0`, true},
		{`{"a": 1, "b": [1, 2]}`, `{"a": 1.0, "b": [1, 2]}`, true},
		{`{"a": 1, "b": [1, 2]}`, `{"a": 1.0, "b": [1, 3]}`, false},
		{`{"a1": 1}`, `{"a1.0": 1}`, false},
		{`"1"`, `"1.0"`, false},
		{`{"k\"1": 1}`, `{"k\"1": 1.0}`, true},
		{`{"k\"1": 1}`, `{"k\"2": 1.0}`, false},
		{`[1, 2]`, `[1.0, 2, 3]`, false},
		{`[1]`, `[1.0]`, true},
		{`true`, `1`, false},
		{`null`, `0`, false},
		{typed(`1`), `1`, true},
		{typed(`"2024-01-01"`), `"2024-01-01"`, true},
		{`10000000000000000001`, `10000000000000000000`, true},
	} {
		if got := JSONRetyped([]byte(tc.a), []byte(tc.b)); got != tc.want {
			t.Errorf("JSONRetyped(%s, %s) = %v, want %v", tc.a, tc.b, got, tc.want)
		}
		if got := JSONRetyped([]byte(tc.b), []byte(tc.a)); got != tc.want {
			t.Errorf("JSONRetyped(%s, %s) = %v, want %v", tc.b, tc.a, got, tc.want)
		}
	}
}
