package mysqldb_test

import (
	"testing"

	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

type pairOf = *sandbox.Pair

// own and own56 start pairs of their own, for tests that count transactions.
func own(t testing.TB, o ...sandboxtest.Option) pairOf   { return sandboxtest.Pair(t, o...) }
func own56(t testing.TB, o ...sandboxtest.Option) pairOf { return sandboxtest.Pair56(t, o...) }
