package verify

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// TestTask reads, for each state of a table's group, what must be read of both logs,
// and notes what is proven then.
func TestTask(t *testing.T) {
	t.Parallel()
	const s, g = "00000000-0000-0000-0000-00000000000a:1-", "00000000-0000-0000-0000-00000000000b:1-"
	set := func(text string) change.GTIDSet {
		out, err := change.ParseGTIDSet(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	type read struct{ From, Until, Proven [2]string }
	none := [2]string{}
	for name, c := range map[string]struct {
		led   leader
		epoch uint64 // of what is proven
		known bool
		want  read
		lost  bool
	}{
		"never handed over":         {leader{source, 1, true}, 1, true, read{[2]string{s + "5", ""}, [2]string{s + "8", ""}, [2]string{s + "8", g + "9"}}, false},
		"kept before handovers":     {leader{source, 1, true}, 0, false, read{[2]string{s + "5", ""}, [2]string{s + "8", ""}, [2]string{s + "8", g + "9"}}, false},
		"handed over since":         {leader{target, 2, true}, 1, true, read{[2]string{s + "5", g + "6"}, [2]string{s + "9", g + "8"}, [2]string{s + "9", g + "8"}}, false},
		"proven under this owner":   {leader{target, 2, true}, 2, true, read{[2]string{"", g + "6"}, [2]string{"", g + "8"}, [2]string{s + "9", g + "8"}}, false},
		"there and back since":      {leader{source, 3, true}, 1, true, read{[2]string{s + "5", g + "6"}, [2]string{s + "8", g + "9"}, [2]string{s + "8", g + "9"}}, false},
		"being handed over":         {leader{target, 0, false}, 1, true, read{[2]string{s + "5", g + "6"}, [2]string{s + "9", g + "9"}, [2]string{s + "9", g + "9"}}, false},
		"handed over, target lost":  {leader{target, 2, true}, 0, false, read{none, none, [2]string{s + "5", ""}}, true},
		"both known, epoch unknown": {leader{target, 2, true}, 0, true, read{[2]string{s + "5", g + "6"}, [2]string{s + "9", g + "8"}, [2]string{s + "9", g + "8"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := schema.Name{Schema: "d", Table: "t"}
			v := Verified{Table: table, Position: set(s + "5"), Epoch: c.epoch, Known: c.known}
			if c.known {
				v.Target = set(g + "6")
			}
			proven := map[schema.Name]Verified{table: v}
			now := &standing{at: [2]change.GTIDSet{set(s + "9"), set(g + "9")}, owners: owners{"x": c.led}}
			task := newTask(proven, now, func(schema.Name) string { return "x" })
			task.until = [2]change.GTIDSet{set(s + "8"), set(g + "8")} // what the links have applied
			var got read
			for i := range task.from {
				if task.reads[table][i] {
					got.From[i], got.Until[i] = task.from[i].String(), task.to(table, i).String()
				}
			}
			task.prove(table, proven)
			v = proven[table]
			got.Proven = [2]string{v.Position.String(), v.Target.String()}
			if d := cmp.Diff(c.want, got); d != "" || c.lost != (len(task.lost) > 0) || c.lost == task.wants(table, c.led.side) {
				t.Errorf("lost %v %s", task.lost, d)
			}
			if !c.lost && v.Epoch != c.led.epoch {
				t.Errorf("proven under epoch %d", v.Epoch)
			}
		})
	}
}
