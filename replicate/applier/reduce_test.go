package applier

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tandem/internal/change"
	"tandem/internal/schema"
)

// handoff is a table with a numeric primary key, a unique name under a
// collation, and a unique number that may be NULL.
func handoff() *schema.Table {
	return &schema.Table{
		Name: schema.Name{Schema: "d", Table: "t"},
		Columns: []schema.Column{
			{Name: "id", Kind: schema.Int, Width: 8},
			{Name: "name", Kind: schema.Text, Charset: "utf8mb4", Collation: "utf8mb4_0900_ai_ci", Nullable: true},
			{Name: "slot", Kind: schema.Int, Width: 4, Nullable: true},
			{Name: "v", Kind: schema.Int, Width: 4},
		},
		Keys: []schema.Key{
			{Name: "PRIMARY", Primary: true, Unique: true, Parts: []schema.KeyPart{{Column: 0}}},
			{Name: "name", Unique: true, Parts: []schema.KeyPart{{Column: 1}}},
			{Name: "slot", Unique: true, Parts: []schema.KeyPart{{Column: 2}}},
		},
	}
}

// model is a table in memory that holds its unique keys as a server does.
type model struct {
	rows map[string]schema.Row
}

// folded is how the model's collation sees a name: case, trailing spaces and
// accents do not count.
func folded(v []byte) string {
	return strings.NewReplacer("é", "e", "ß", "ss").Replace(strings.ToLower(strings.TrimRight(string(v), " ")))
}

func (m *model) insert(row schema.Row) error {
	if m.rows[string(row[0])] != nil {
		return fmt.Errorf("duplicate id %s", row[0])
	}
	if err := m.free(row); err != nil {
		return err
	}
	m.rows[string(row[0])] = row
	return nil
}

func (m *model) free(row schema.Row) error {
	for id, o := range m.rows {
		if id == string(row[0]) {
			continue
		}
		if row[1] != nil && o[1] != nil && folded(row[1]) == folded(o[1]) {
			return fmt.Errorf("duplicate name %s", row[1])
		}
		if row[2] != nil && o[2] != nil && string(row[2]) == string(o[2]) {
			return fmt.Errorf("duplicate slot %s", row[2])
		}
	}
	return nil
}

func (m *model) update(before, after schema.Row) error {
	if m.rows[string(before[0])] == nil {
		return fmt.Errorf("no row %s", before[0])
	}
	old := m.rows[string(before[0])]
	delete(m.rows, string(before[0]))
	if err := m.insert(after); err != nil {
		m.rows[string(before[0])] = old
		return err
	}
	return nil
}

func (m *model) delete(row schema.Row, must bool) error {
	if m.rows[string(row[0])] == nil && must {
		return fmt.Errorf("no row %s", row[0])
	}
	delete(m.rows, string(row[0]))
	return nil
}

func (m *model) clone() *model { return &model{maps.Clone(m.rows)} }

func (m *model) String() string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(m.rows)) {
		lines = append(lines, describe(handoff(), m.rows[id], nil))
	}
	return strings.Join(lines, "\n")
}

func drawRow(t *rapid.T) schema.Row {
	row := schema.Row{
		[]byte(strconv.Itoa(rapid.IntRange(1, 6).Draw(t, "id"))),
		[]byte(rapid.SampledFrom([]string{"A", "a ", "e", "é", "ss", "ß", ""}).Draw(t, "name")),
		[]byte(strconv.Itoa(rapid.IntRange(1, 4).Draw(t, "slot"))),
		[]byte(strconv.Itoa(rapid.IntRange(1, 100).Draw(t, "v"))),
	}
	if string(row[1]) == "" {
		row[1] = nil
	}
	if rapid.IntRange(0, 2).Draw(t, "null") == 0 {
		row[2] = nil
	}
	return row
}

// drawChange draws a change that the model accepts, and makes it.
func drawChange(t *rapid.T, m *model, table *schema.Table) (change.RowChange, bool) {
	row := drawRow(t)
	old := m.rows[strconv.Itoa(rapid.IntRange(1, 6).Draw(t, "old"))]
	c := change.RowChange{Table: table}
	switch rapid.IntRange(0, 3).Draw(t, "op") {
	case 0:
		c.Op, c.After = change.Insert, row
		return c, m.insert(row) == nil
	case 1:
		if old == nil {
			return c, false
		}
		c.Op, c.Before = change.Delete, old
		return c, m.delete(old, true) == nil
	case 2:
		if old == nil {
			return c, false
		}
		row[0] = old[0]
	}
	if old == nil {
		return c, false
	}
	c.Op, c.Before, c.After = change.Update, old, row
	return c, m.update(old, row) == nil
}

// execute does what the lanes' statements do, lane after lane: if lanes are
// independent, any interleaving has the outcome of this one.
func execute(m *model, p *planner, order []int) error {
	for _, lane := range order {
		for _, op := range p.ops[lane] {
			var err error
			switch op.shape {
			case deleteAny:
				err = m.delete(op.net.image, false)
			case deleteOne:
				err = m.delete(op.net.before, true)
			case overwriteOf:
				err = m.update(op.net.before, op.net.after)
			case insertOf:
				err = m.insert(op.net.after)
			}
			if err != nil {
				return fmt.Errorf("lane %d: %w", lane, err)
			}
		}
	}
	return nil
}

// TestNetChangesGiveTheSameTable draws tables and changes, and holds the state
// that the changes lead to one by one against the one that their net changes
// lead to, over any number of lanes in any order.
func TestNetChangesGiveTheSameTable(t *testing.T) {
	// More than rapid's hundred: what goes wrong takes several coincidences.
	for i := range 20 {
		t.Run(strconv.Itoa(i), func(t *testing.T) { rapid.Check(t, netChanges) })
	}
}

func netChanges(t *rapid.T) {
	table := handoff()
	source := &model{map[string]schema.Row{}}
	for range rapid.IntRange(0, 6).Draw(t, "rows") {
		_ = source.insert(drawRow(t))
	}
	target := source.clone()
	forgiving := rapid.Bool().Draw(t, "forgiving")
	r := newReducer()
	tg := newTarget(table, false)
	for range rapid.IntRange(1, 20).Draw(t, "changes") {
		c, ok := drawChange(t, source, table)
		if !ok {
			continue
		}
		var ad Admitted
		if forgiving {
			ad = Admitted{Forgive, Forgive}
		}
		if err := r.add(tg, &c, ad); err != nil {
			t.Fatalf("%s: %v", c.Op, err)
		}
	}
	r.link()
	n := rapid.IntRange(1, 4).Draw(t, "lanes")
	var p planner
	p.divide(r, n)
	order := rapid.Permutation([]int{0, 1, 2, 3}[:n]).Draw(t, "order")
	if err := execute(target, &p, order); err != nil {
		t.Fatalf("%v\nsource:\n%s\ntarget:\n%s", err, source, target)
	}
	if source.String() != target.String() {
		t.Fatalf("source:\n%s\ntarget:\n%s", source, target)
	}
}

func TestContradictionsAreNotReduced(t *testing.T) {
	table := handoff()
	tg := newTarget(table, false)
	row := schema.Row{[]byte("1"), []byte("a"), nil, []byte("5")}
	ins := change.RowChange{Op: change.Insert, Table: table, After: row}
	del := change.RowChange{Op: change.Delete, Table: table, Before: row}
	upd := change.RowChange{Op: change.Update, Table: table, Before: row, After: row}
	for name, list := range map[string][]change.RowChange{
		"insert twice":                       {ins, ins},
		"delete twice":                       {del, del},
		"update of a deleted row":            {del, upd},
		"delete of a row that came and went": {ins, del, del},
		"update of a row that came and went": {ins, del, upd},
		"insert over an updated row":         {upd, ins},
	} {
		r := newReducer()
		var err error
		for i := range list {
			if err = r.add(tg, &list[i], Admitted{}); err != nil {
				break
			}
		}
		if err == nil {
			t.Errorf("%s: reduced", name)
		}
	}
}

// TestLanesDoNotDependOnOrder proves what finishing an interrupted window rests
// on: the same window divides over the same lanes.
func TestLanesDoNotDependOnOrder(t *testing.T) {
	table := handoff()
	tg := newTarget(table, false)
	describeLanes := func() string {
		r := newReducer()
		for i := range 50 {
			row := schema.Row{[]byte(strconv.Itoa(i)), []byte(fmt.Sprintf("n%d", i/2)), nil, []byte("1")}
			c := change.RowChange{Op: change.Insert, Table: table, After: row}
			if err := r.add(tg, &c, Admitted{}); err != nil {
				t.Fatal(err)
			}
		}
		r.link()
		var p planner
		p.divide(r, 3)
		var b strings.Builder
		for i := range 3 {
			for _, op := range p.ops[i] {
				fmt.Fprintf(&b, "%d:%s ", i, op.net.image[0])
			}
		}
		return b.String()
	}
	if a, b := describeLanes(), describeLanes(); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}

func BenchmarkReduce(b *testing.B) {
	table := handoff()
	tg := newTarget(table, false)
	var changes []change.RowChange
	for i := range 10000 {
		k := []byte(strconv.Itoa(i % 4000))
		before := schema.Row{k, []byte("name" + string(k)), nil, []byte(strconv.Itoa(i))}
		after := schema.Row{k, before[1], nil, []byte(strconv.Itoa(i + 4000))}
		changes = append(changes, change.RowChange{Op: change.Update, Table: table, Before: before, After: after})
	}
	w := newWindow()
	b.ReportAllocs()
	for b.Loop() {
		w.reducer.reset()
		for i := range changes {
			if err := w.reducer.add(tg, &changes[i], Admitted{}); err != nil {
				b.Fatal(err)
			}
		}
		w.reducer.link()
		w.plan = w.planner.plan(w.reducer, 2)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(changes)), "ns/change")
}
