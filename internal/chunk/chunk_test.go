package chunk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tandem/internal/chunk"
	"tandem/internal/schema"
)

// table makes a table with a primary key of those columns.
func table(desc bool, columns ...schema.Column) *schema.Table {
	t := &schema.Table{Name: schema.Name{Schema: "s", Table: "orders"}, Columns: columns}
	k := schema.Key{Name: "PRIMARY", Primary: true, Unique: true}
	for i := range columns {
		k.Parts = append(k.Parts, schema.KeyPart{Column: i, Descending: desc})
	}
	t.Keys = []schema.Key{k}
	return t
}

var (
	number = schema.Column{Name: "id", Kind: schema.Int}
	letter = schema.Column{Name: "l", Kind: schema.Char}
	binary = schema.Column{Name: "b", Kind: schema.Bytes}
)

func key(parts ...string) chunk.Key {
	if len(parts) == 0 {
		return nil
	}
	k := make(chunk.Key, len(parts))
	for i, p := range parts {
		k[i] = []byte(p)
	}
	return k
}

func TestContains(t *testing.T) {
	up, _ := chunk.Of(table(false, number))
	down, _ := chunk.Of(table(true, number))
	pair, _ := chunk.Of(table(false, number, letter))
	for _, c := range []struct {
		space        *chunk.Space
		lower, upper chunk.Key
		key          chunk.Key
		want         chunk.Where
	}{
		{up, key("120"), key("4000"), key("119"), chunk.Outside},
		{up, key("120"), key("4000"), key("120"), chunk.Inside},
		{up, key("120"), key("4000"), key("3999"), chunk.Inside},
		{up, key("120"), key("4000"), key("4000"), chunk.Outside},
		{up, nil, key("-5"), key("-6"), chunk.Inside},
		{up, nil, key("-5"), key("-5"), chunk.Outside},
		{up, key("9"), nil, key("18446744073709551615"), chunk.Inside},
		{up, nil, nil, key("0"), chunk.Inside},
		{down, key("10"), key("5"), key("10"), chunk.Inside},
		{down, key("10"), key("5"), key("5"), chunk.Outside},
		{down, key("10"), key("5"), key("11"), chunk.Outside},
		{down, key("10"), key("5"), key("6"), chunk.Inside},
		{pair, key("1", "x"), key("3", "x"), key("2", "a"), chunk.Inside},
		{pair, key("1", "x"), key("3", "x"), key("4", "a"), chunk.Outside},
		{pair, key("1", "x"), key("3", "x"), key("1", "a"), chunk.Unsure},
		{pair, key("1", "x"), key("3", "x"), key("1", "x"), chunk.Inside},
		{pair, key("1", "x"), key("3", "x"), key("3", "x"), chunk.Outside},
		{pair, key("1", "x"), key("3", "x"), key("3", "a"), chunk.Unsure},
	} {
		r := chunk.Range{Lower: c.lower, Upper: c.upper}
		if got := c.space.Contains(r, c.key); got != c.want {
			t.Errorf("%s in %s: %d, want %d", c.space.FormatKey(c.key), c.space.Format(r), got, c.want)
		}
	}
}

func TestFormat(t *testing.T) {
	up, _ := chunk.Of(table(false, number))
	pair, _ := chunk.Of(table(false, letter, binary))
	for _, c := range []struct {
		space *chunk.Space
		r     chunk.Range
		want  string
	}{
		{up, chunk.Range{Lower: key("120"), Upper: key("4000")}, "[120,4000)"},
		{up, chunk.Range{}, "(-inf,+inf)"},
		{pair, chunk.Range{Lower: key("a", "\x00\xff")}, `[("a",0x00ff),+inf)`},
		{pair, chunk.Range{Upper: key(strings.Repeat("日", 30), "")}, `(-inf,("` + strings.Repeat("日", 13) + `"…,0x))`},
	} {
		if got := c.space.Format(c.r); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestWhere(t *testing.T) {
	s, _ := chunk.Of(table(false, number, letter))
	got := string(s.AppendWhere(nil, chunk.Range{Lower: key("1", "x'"), Upper: key("2", "y")}))
	want := "(`id`>1 OR (`id`=1 AND (`l`>=_binary'x\\''))) AND (`id`<2 OR (`id`=2 AND (`l`<_binary'y')))"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func genKey(parts int) *rapid.Generator[chunk.Key] {
	return rapid.Custom(func(t *rapid.T) chunk.Key {
		k := make(chunk.Key, parts)
		for i := range k {
			k[i] = rapid.SliceOfN(rapid.Byte(), 0, 6).Draw(t, "part")
		}
		return k
	})
}

func TestEncodingsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := genKey(rapid.IntRange(1, 3).Draw(t, "parts")).Draw(t, "key")
		stored, err := chunk.DecodeKey(chunk.EncodeKey(k))
		if err != nil || !stored.Equal(k) {
			t.Fatalf("%q came back from storage as %q (%v)", k, stored, err)
		}
		if back := chunk.KeyFromBytes(string(k.AppendBytes(nil))); !back.Equal(k) {
			t.Fatalf("%q came back from bytes as %q", k, back)
		}
	})
	if k, err := chunk.DecodeKey(""); k != nil || err != nil {
		t.Errorf("the open bound is %q, %v", k, err)
	}
	if _, err := chunk.DecodeKey("x00,zz"); err == nil {
		t.Error("nonsense is a key")
	}
}

// TestAKeyIsInOneRange holds that ranges which share their bounds neither
// overlap nor leave a gap.
func TestAKeyIsInOneRange(t *testing.T) {
	for _, desc := range []bool{false, true} {
		s, _ := chunk.Of(table(desc, binary, number))
		rapid.Check(t, func(t *rapid.T) {
			gen := rapid.Custom(func(t *rapid.T) chunk.Key {
				return key(rapid.StringN(0, 2, 3).Draw(t, "b"), fmt.Sprint(rapid.IntRange(-3, 12).Draw(t, "n")))
			})
			a, b, k := gen.Draw(t, "a"), gen.Draw(t, "b"), gen.Draw(t, "k")
			if c, _ := s.Compare(a, b); c > 0 {
				a, b = b, a
			}
			in := 0
			for _, r := range []chunk.Range{{Upper: a}, {Lower: a, Upper: b}, {Lower: b}} {
				if s.Contains(r, k) == chunk.Inside {
					in++
				}
			}
			if in != 1 {
				t.Fatalf("%s is in %d ranges", s.FormatKey(k), in)
			}
		})
	}
}
