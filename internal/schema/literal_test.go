package schema

import "testing"

func TestAppendMatchOfSets(t *testing.T) {
	t.Parallel()
	c := &Column{Name: "s", Kind: Set}
	for v, want := range map[string]string{
		"0":                    "`s`=0",
		"9223372036854775807":  "`s`=9223372036854775807",
		"9223372036854775808":  "`s`=-9223372036854775808",
		"18446744073709551615": "`s`=-1",
	} {
		if got := string(AppendMatch(nil, c, []byte(v))); got != want {
			t.Errorf("%s: %s, want %s", v, got, want)
		}
		if got := string(AppendLiteral(nil, c, []byte(v))); got != v {
			t.Errorf("to be stored, %s is %s", v, got)
		}
	}
}
