package schemadiff

import (
	"context"
	"fmt"
	"testing"

	"tandem/internal/sandbox/sandboxtest"
)

// TestWhileTablesComeAndGo: what is dropped between two of the queries is no
// error.
func TestWhileTablesComeAndGo(t *testing.T) {
	t.Parallel()
	r := newRig(t, sandboxtest.Shared)
	r.run(r.source, "CREATE TABLE a (id int PRIMARY KEY)")
	r.create()
	changes := openRoot(t, r.Source)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		for n := 0; ; n++ {
			for _, s := range []string{
				"CREATE TABLE %[1]s.tmp%[2]d (id int PRIMARY KEY DEFAULT (1), b varbinary(3) DEFAULT 'x', CHECK (id > 0)) PARTITION BY HASH (id)",
				"CREATE VIEW %[1]s.v%[2]d AS SELECT * FROM %[1]s.tmp%[2]d",
				"DROP VIEW %[1]s.v%[2]d",
				"DROP TABLE %[1]s.tmp%[2]d",
			} {
				_, err := changes.ExecContext(ctx, fmt.Sprintf(s, r.Database, n))
				if ctx.Err() != nil {
					ended <- nil
					return
				}
				if err != nil {
					ended <- err
					return
				}
			}
		}
	}()
	for range 20 {
		r.compare(r.config())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
