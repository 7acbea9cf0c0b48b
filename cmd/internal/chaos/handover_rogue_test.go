package chaos

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tandem/internal/ownership"
	"tandem/internal/sandbox/sandboxtest"
)

// rogueNumber is the key of the row that nobody may write.
const rogueNumber = 900_000_001

// TestRogueWrites writes on the side that does not own the tables, in ways that
// guards do not see: with tandem's own variable set, and with a statement that
// fires no trigger. It is found, named, kept, and not applied; no handover begins
// before somebody has settled it.
func TestRogueWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40)
	w.write("impatient.yaml", strings.Replace(fmt.Sprintf(handoverPlan, pauseBudget), "timeout: 90s", "timeout: 12s", 1))
	for _, owner := range []ownership.Side{ownership.Target, ownership.Source} {
		t.Run("owned by the "+string(owner), func(t *testing.T) { w.rogue(t, owner) })
	}
	if err := w.last(); err != nil {
		t.Error(err)
	}
}

func (w *world) rogue(t *testing.T, owner ownership.Side) {
	defer func() { t.Log(w.told()) }()
	if err := w.at(owner); err != nil {
		t.Fatal(err)
	}
	there, here := sandboxtest.RootDB(t, w.server(owner.Opposite()), bankDatabase), sandboxtest.RootDB(t, w.server(owner), bankDatabase)
	// All in one session, as the variable is.
	conn, err := there.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, statement := range []string{
		"SET @tandem = '1'",
		fmt.Sprintf("INSERT INTO probe (id, side) VALUES (%d, 'rogue')", rogueNumber),
		"TRUNCATE TABLE notes",
	} {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	// Kept with its values, by the link that reads the rogue's side.
	err = within(patience, "the rogue writes to be kept", func() (bool, error) {
		var rows, statements int
		err := here.QueryRow("SELECT COUNT(IF(operation = 'insert' AND table_name = 'bank.probe' AND JSON_UNQUOTE(JSON_EXTRACT(after_image, '$.id')) = ? AND JSON_UNQUOTE(JSON_EXTRACT(after_image, '$.side')) = 'rogue', 1, NULL)), COUNT(IF(table_name = 'bank.notes' AND statement LIKE 'TRUNCATE%', 1, NULL)) FROM _tandem.breach", fmt.Sprint(rogueNumber)).Scan(&rows, &statements)
		return rows == 1 && statements == 1, fmt.Errorf("%d rows, %d statements, %w", rows, statements, err)
	})
	if err != nil {
		t.Fatal(err)
	}
	// Not applied: what came behind it has been.
	if err := w.writes(owner); err != nil {
		t.Fatal(err)
	}
	var rogues, notes int
	if err := here.QueryRow("SELECT (SELECT COUNT(*) FROM probe WHERE id = ?), (SELECT COUNT(*) FROM notes)", rogueNumber).Scan(&rogues, &notes); err != nil {
		t.Fatal(err)
	}
	if rogues != 0 || notes != 3 {
		t.Errorf("the rogue writes have come through: %d rows of probe, %d of 3 notes\n%s", rogues, notes, w.told())
	}
	// Named.
	l := w.start("status", "-o", "json")
	if _, err := w.end(l); err != nil {
		t.Fatal(err)
	}
	var status struct {
		Groups []struct {
			Breaches int64    `json:"breaches"`
			Last     []string `json:"last_breaches"`
		} `json:"groups"`
	}
	if err := l.decode(&status); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(status) // it was decoded a moment ago
	for _, want := range []string{fmt.Sprintf("insert on bank.probe, row id=%d", rogueNumber), "TRUNCATE on bank.notes"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("status does not name %q: %s", want, text)
		}
	}
	if owner == ownership.Source {
		if code, _ := w.types("plan", "run", "impatient.yaml", "--unrehearsed", "--confirm=bank"); code != 4 {
			t.Errorf("a plan was run although breaches were open: exit code %d, want 4", code)
		}
	}
	w.forgive(t, owner)
}

// forgive brings the side back to what it was, as a person would: by tandem verify,
// and by taking the breaches off the list.
func (w *world) forgive(t *testing.T, owner ownership.Side) {
	t.Helper()
	l := w.start("verify", "--tables", "bank.probe,bank.notes", "--repair", "--confirm=bank")
	code, err := w.end(l)
	if err != nil {
		t.Fatal(err)
	}
	there := sandboxtest.RootDB(t, w.server(owner.Opposite()), bankDatabase)
	var rogues, notes int
	if err := there.QueryRow("SELECT (SELECT COUNT(*) FROM probe WHERE id = ?), (SELECT COUNT(*) FROM notes)", rogueNumber).Scan(&rogues, &notes); err != nil {
		t.Fatal(err)
	}
	if rogues != 0 || notes != 3 {
		t.Fatalf("tandem verify --repair (exit code %d) has left %d rogue rows and %d of 3 notes: %s", code, rogues, notes, l.said(4000))
	}
	list := w.start("breach")
	if code, err := w.end(list); err != nil || code != 0 || !strings.Contains(list.said(4000), fmt.Sprintf("insert bank.probe id=%d", rogueNumber)) {
		t.Fatalf("tandem breach (exit code %d, %v) lists %s", code, err, list.said(4000))
	}
	if _, err := w.types("breach", "settle", "--all", "--because", "a test wrote there"); err != nil {
		t.Fatal(err)
	}
	here := sandboxtest.RootDB(t, w.server(owner), "")
	var open, settled int
	err = here.QueryRow("SELECT (SELECT COUNT(*) FROM _tandem.breach), (SELECT COUNT(*) FROM _tandem.breach_settled WHERE because = 'a test wrote there')").Scan(&open, &settled)
	if err != nil || open != 0 || settled < 2 {
		t.Fatalf("%d breaches are open, %d settled: %v", open, settled, err)
	}
}
