package main_test

import (
	"context"
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

func TestZZValidate(t *testing.T) {
	for v, p := range map[string]*sandbox.Pair{"9.7": sandboxtest.Shared(t).Pair, "5.6": sandboxtest.Pair56(t, sandboxtest.WithSourceArgs("--innodb-log-file-size=200M"))} {
		for _, c := range loadCases(t) {
			if !c.runsOn(v) {
				continue
			}
			t.Run(v+"/"+c.name, func(t *testing.T) {
				for _, pre := range []string{"t_", "c_"} {
					db := pre + c.name
					srv := p.Source
					root, err := srv.RootDB()
					if err != nil {
						t.Fatal(err)
					}
					sandboxtest.Exec(t, root, "CREATE DATABASE "+db+" CHARACTER SET utf8mb4")
					for _, sec := range [][]step{c.schema, c.before, c.during, c.refused} {
						if err := runSteps(context.Background(), srv, db, sec); err != nil {
							t.Error(err)
							break
						}
					}
				}
			})
		}
	}
}
