package change

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

const (
	uuidA = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
	uuidB = "0a11fa47-71ca-11e1-9e33-c80aa9429562"
)

func TestGTIDSetText(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"", ""},
		{" \n", ""},
		{uuidA + ":1", uuidA + ":1"},
		{uuidA + ":1-5:7", uuidA + ":1-5:7"},
		{uuidA + ":7:1-5:6", uuidA + ":1-7"},
		{uuidA + ":1-5,\n" + uuidB + ":2", uuidB + ":2," + uuidA + ":1-5"},
		{"3E11FA47-71CA-11E1-9E33-C80AA9429562:3-3", uuidA + ":3"},
		{uuidA + ":1-3:Red:5-6:blue:1", uuidA + ":1-3:blue:1:red:5-6"},
		{uuidA + ":red:5", uuidA + ":red:5"},
		{uuidA + ":1-10:3-4", uuidA + ":1-10"},
	} {
		s, err := ParseGTIDSet(tc.in)
		if err != nil {
			t.Errorf("ParseGTIDSet(%q): %v", tc.in, err)
			continue
		}
		if got := s.String(); got != tc.want {
			t.Errorf("ParseGTIDSet(%q) = %q, want %q", tc.in, got, tc.want)
		}
		again, err := ParseGTIDSet(s.String())
		if err != nil || !again.Equal(s) {
			t.Errorf("%q does not read back: %v, %v", s, again, err)
		}
	}
}

func TestGTIDSetBadText(t *testing.T) {
	for _, in := range []string{"x", uuidA[:20] + ":1", uuidA + ":0", uuidA + ":5-4", uuidA + ":1-x", uuidA + ":", uuidA + ":1,,y"} {
		if s, err := ParseGTIDSet(in); err == nil {
			t.Errorf("ParseGTIDSet(%q) = %q, want an error", in, s)
		}
	}
}

// model is a set of GTIDs that is too simple to be wrong.
type model map[GTID]bool

// TestGTIDSetModel holds every operation against the model.
func TestGTIDSetModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, ma := drawSet(t, "a")
		b, mb := drawSet(t, "b")
		check := func(what string, s GTIDSet, in func(GTID) bool) {
			var n int64
			for _, g := range universe() {
				if s.Contains(g) != in(g) {
					t.Fatalf("%s of %q and %q: Contains(%s) = %v", what, a, b, g, s.Contains(g))
				}
				if in(g) {
					n++
				}
			}
			if s.Count() != n || s.IsEmpty() != (n == 0) {
				t.Fatalf("%s of %q and %q: count %d, want %d", what, a, b, s.Count(), n)
			}
			back, err := ParseGTIDSet(s.String())
			if err != nil || !back.Equal(s) {
				t.Fatalf("%q reads back as %q, %v", s, back, err)
			}
		}
		check("a", a, func(g GTID) bool { return ma[g] })
		check("a minus b", a.Subtract(b), func(g GTID) bool { return ma[g] && !mb[g] })
		u := a.Clone()
		u.Union(b)
		check("union", u, func(g GTID) bool { return ma[g] || mb[g] })
		check("a after clone and union", a, func(g GTID) bool { return ma[g] })
		if !u.ContainsSet(a) || !u.ContainsSet(b) {
			t.Fatalf("union %q lacks %q or %q", u, a, b)
		}
		if got, want := a.ContainsSet(b), len(b.Subtract(a).sources) == 0; got != want {
			t.Fatalf("ContainsSet = %v, want %v", got, want)
		}
		if a.Equal(b) != (fmt.Sprint(ma) == fmt.Sprint(mb)) {
			t.Fatalf("%q equal %q = %v", a, b, a.Equal(b))
		}
	})
}

func universe() []GTID {
	var all []GTID
	for _, id := range []string{uuidA, uuidB} {
		sid, _ := ParseSID(id)
		for _, tag := range []string{"", "red"} {
			for n := int64(1); n <= 12; n++ {
				all = append(all, GTID{sid, tag, n})
			}
		}
	}
	return all
}

func drawSet(t *rapid.T, label string) (GTIDSet, model) {
	var s GTIDSet
	m := model{}
	for _, g := range rapid.SliceOfN(rapid.SampledFrom(universe()), 0, 40).Draw(t, label) {
		s.Add(g)
		m[g] = true
	}
	return s, m
}

func TestOffsetCompare(t *testing.T) {
	ordered := []Offset{{}, {"bin.000001", 4}, {"bin.000001", 900}, {"bin.000002", 4}, {"bin.999999", 4}, {"bin.1000000", 4}}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%v.Compare(%v) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func BenchmarkGTIDSetAdd(b *testing.B) {
	sid, _ := ParseSID(uuidA)
	var s GTIDSet
	n := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		n++
		s.Add(GTID{SID: sid, GNO: n})
	}
}
