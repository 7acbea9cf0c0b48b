package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestTypesArriveEqual takes every case of the type table that must arrive
// through one migration, twice: in databases c_CASE things happen while the
// tables are copied, in databases t_CASE while the stream runs. In the end both
// are the same on both sides, byte for byte.
func TestTypesArriveEqual(t *testing.T) {
	t.Parallel()
	t.Run("9.7", func(t *testing.T) {
		t.Parallel()
		typesArriveEqual(t, "9.7", sandboxtest.Pair(t))
	})
	t.Run("5.6", func(t *testing.T) {
		t.Parallel()
		typesArriveEqual(t, "5.6", sandboxtest.Pair56(t, roomyLog))
	})
}

// roomyLog lets MySQL 5.6 store values of 30 MB: a transaction's may fill a
// tenth of the log.
func roomyLog(o *sandbox.PairOptions) { sandboxtest.WithSourceArgs("--innodb-log-file-size=200M")(o) }

const (
	besideCopy   = "c_"
	besideStream = "t_"
)

func typesArriveEqual(t *testing.T, version string, pair *sandbox.Pair) {
	var cases []typeCase
	for _, c := range loadCases(t) {
		if c.expect == arrivesEqual && c.runsOn(version) && chosen(c) {
			cases = append(cases, c)
		}
	}
	for _, c := range cases {
		for _, prefix := range []string{besideCopy, besideStream} {
			prepareCase(t, pair.Source, c, prefix)
		}
	}
	m := newMigration(t, pair, []string{besideCopy + "*.*", besideStream + "*.*"}, "replicate: {copy: {workers: 2, chunk_bytes: 64KiB}}")

	copying := m.start("replicate", "--until", "caught-up").begins()
	runDuring(t, pair.Source, cases, besideCopy)
	copying.want(0)

	streaming := m.start("replicate").streams()
	runDuring(t, pair.Source, cases, besideStream)
	if !streaming.running() {
		t.Fatalf("tandem replicate ended by itself: %s", tail(streaming.stderr.String(), 4000))
	}
	streaming.stop()
	m.catchUp()

	all := databases(t, pair.Source, besideCopy, besideStream)
	for _, c := range cases {
		if c.notBeside != "" {
			all = slices.DeleteFunc(all, func(name string) bool { return strings.HasPrefix(name, besideCopy+c.name) })
		}
	}
	verdict, err := sandbox.Compare(t.Context(), pair.Source, pair.Target, all)
	if err == nil && verdict.Equal {
		t.Logf("%d cases: %s", len(cases), verdict)
		requireParity(t, m, all)
		return
	}
	tellApart(t, pair, cases)
	if !t.Failed() {
		t.Errorf("together, but not one by one: %s (%v)", verdict, err)
	}
}

// tellApart compares case by case.
func tellApart(t *testing.T, pair *sandbox.Pair, cases []typeCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, prefix := range []string{besideCopy, besideStream} {
				if prefix == besideCopy && c.notBeside != "" {
					continue
				}
				names := caseDatabases(t, pair.Source, cases, prefix+c.name)
				verdict, err := sandbox.Compare(t.Context(), pair.Source, pair.Target, names)
				if err != nil {
					t.Fatal(err)
				}
				if !verdict.Equal {
					t.Errorf("%s (%s): %s", prefix+c.name, c.title, verdict)
				}
			}
		})
	}
}

// chosen lets TANDEM_CASES=name,name run some cases only.
func chosen(c typeCase) bool {
	names := os.Getenv("TANDEM_CASES")
	return names == "" || strings.Contains(","+names+",", ","+c.name+",")
}

// prepareCase makes the case's database with the rows that the copy finds.
func prepareCase(t *testing.T, server *sandbox.Server, c typeCase, prefix string) {
	t.Helper()
	root, err := server.RootDB()
	if err != nil {
		t.Fatal(err)
	}
	database := prefix + c.name
	sandboxtest.Exec(t, root, "CREATE DATABASE "+database+" CHARACTER SET utf8mb4")
	for _, section := range [][]step{c.schema, c.before} {
		if err := runSteps(t.Context(), server, database, section); err != nil {
			t.Fatal(err)
		}
	}
}

// runDuring runs what happens while tandem works, a few cases at a time.
func runDuring(t *testing.T, server *sandbox.Server, cases []typeCase, prefix string) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(4)
	for _, c := range cases {
		if prefix == besideCopy && c.notBeside != "" {
			continue
		}
		group.Go(func() error { return runSteps(ctx, server, prefix+c.name, c.during) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// caseDatabases lists the database of a case and those that it has made beside
// it, but none of another case whose name begins the same.
func caseDatabases(t *testing.T, server *sandbox.Server, cases []typeCase, database string) []string {
	t.Helper()
	var mine []string
	for _, name := range databases(t, server, database) {
		taken := false
		for _, other := range cases {
			otherDatabase := database[:len(besideCopy)] + other.name
			taken = taken || len(otherDatabase) > len(database) && strings.HasPrefix(name, otherDatabase)
		}
		if !taken {
			mine = append(mine, name)
		}
	}
	return mine
}
