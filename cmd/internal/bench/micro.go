package bench

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// micro runs the benchmarks of the engine's packages.
func micro(ctx context.Context) ([]Micro, error) {
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem", "./replicate/...", "./internal/wire/...", "./internal/schema/...")
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench: %w: %s%s", err, lastBytes(out, 2000), lastBytes(complaint.Bytes(), 2000))
	}
	return parseMicro(string(out)), nil
}

// parseMicro reads lines such as
//
//	BenchmarkDecode-2   	 1000000	      1042 ns/op	     0 B/op	       0 allocs/op
func parseMicro(text string) []Micro {
	var list []Micro
	folder := ""
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[0] == "pkg:" {
			folder = strings.TrimPrefix(fields[1], "tandem/") + "."
		}
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		m := Micro{Name: folder + strings.TrimPrefix(fields[0], "Benchmark"), Metrics: map[string]float64{}}
		for n := 2; n+1 < len(fields); n += 2 {
			if value, err := strconv.ParseFloat(fields[n], 64); err == nil {
				m.Metrics[fields[n+1]] = value
			}
		}
		list = append(list, m)
	}
	return list
}
