package sandbox_test

import (
	"strings"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
)

// The client programs of the newest version talk to servers of every version.
func TestClientPrograms(t *testing.T) {
	t.Parallel()
	for version, share := range map[string]func(testing.TB) *sandboxtest.SharedPair{
		"current": sandboxtest.Shared, "5.6": sandboxtest.Shared56,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			pair := share(t)
			sandboxtest.Exec(t, pair.SourceDB(t), "CREATE TABLE t (id INT PRIMARY KEY, v VARBINARY(10))", "INSERT INTO t VALUES (7, 0x00FF)")
			client, err := pair.Source.Client(t.Context(), "--batch", "--skip-column-names", "--execute=SELECT id, HEX(v) FROM t", pair.Database)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := client.CombinedOutput(); err != nil || string(out) != "7\t00FF\n" {
				t.Errorf("mysql prints %q, %v", out, err)
			}
			dump, err := pair.Source.Dump(t.Context(), "--hex-blob", "--set-gtid-purged=OFF", "--skip-comments", pair.Database)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := dump.CombinedOutput(); err != nil || !strings.Contains(string(out), "INSERT INTO `t` VALUES (7,0x00FF)") {
				t.Errorf("mysqldump prints %q, %v", out, err)
			}
		})
	}
}
