package courier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/sandbox/courier"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		opts := courier.SchemaOptions{WithoutLedger: p.name == "5.6"}
		if err := courier.Create(t.Context(), p.db, opts); err != nil {
			t.Fatal(err)
		}
		got := column(t, p.db, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND engine = 'InnoDB'")
		want := courier.Tables(opts)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tables (-want +got):\n%s", diff)
		}
		// What only the newest server knows must be there, and must not be on 5.6.
		features := map[string]string{
			"JSON columns":      "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND data_type = 'json'",
			"generated columns": "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND extra LIKE '%GENERATED%' AND extra NOT LIKE 'DEFAULT%'",
			"invisible columns": "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND extra LIKE '%INVISIBLE%'",
		}
		for feature, query := range features {
			if n := value[int](t, p.db, query); (n > 0) != (p.name == "newest") {
				t.Errorf("%d %s on %s", n, feature, p.name)
			}
		}
		err := courier.Create(t.Context(), p.db, opts)
		if err == nil || !strings.Contains(err.Error(), "drop the database first") {
			t.Errorf("creating twice: %v", err)
		}
	})
}

func TestCreateDatabase(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p place) {
		if err := courier.CreateDatabase(t.Context(), p.db, p.named); err == nil {
			t.Error("an existing database was taken")
		}
		name := p.named + "`x"
		if err := courier.CreateDatabase(t.Context(), p.db, name); err != nil {
			t.Fatal(err)
		}
		if _, err := p.db.ExecContext(t.Context(), "DROP DATABASE `"+p.named+"``x`"); err != nil {
			t.Error(err)
		}
	})
}
