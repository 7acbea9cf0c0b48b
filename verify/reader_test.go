package verify_test

import (
	"context"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
	"tandem/verify"
)

// TestReaderCompares lets a user compare who may read and nothing else, before
// and after somebody else has made the tables that runs are kept in.
func TestReaderCompares(t *testing.T) {
	t.Parallel()
	l := newLab(t, sandboxtest.Shared(t), numbered("a", "10")...)
	root := sandboxtest.RootDB(t, l.pair.Target, "")
	sandboxtest.Exec(t, root, "CREATE USER `"+l.pair.Database+"` IDENTIFIED BY 'reader'",
		"GRANT SELECT ON `"+l.pair.Database+"`.* TO `"+l.pair.Database+"`")
	reader := func(c *verify.Config) {
		c.Target.User = l.pair.Database
		c.Target.Password = func(context.Context) (string, error) { return "reader", nil }
	}
	if r := l.run(reader); r.Outcome != verify.Equal {
		t.Errorf("%s: %v", r.Outcome, lines(r))
	}
	l.run()
	sandboxtest.Exec(t, root, "GRANT SELECT ON _tandem.* TO `"+l.pair.Database+"`")
	if r := l.run(reader); r.Outcome != verify.Equal {
		t.Errorf("%s: %v", r.Outcome, lines(r))
	}
}
