// Command bench measures tandem against its peers, on the same servers, in one
// run: see docs/benchmarks.md.
package main

import (
	"os"

	"tandem/cmd/internal/bench"
)

func main() { os.Exit(bench.Main(os.Args[1:], os.Stdout, os.Stderr)) }
