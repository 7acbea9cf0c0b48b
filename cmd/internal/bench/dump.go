package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"tandem/internal/sandbox"
)

const (
	contenderMydumper  = "mydumper|myloader"
	contenderMysqldump = "mysqldump|mysql"
)

// copyMydumper times mydumper, and then myloader, with four threads each. Both
// come as root over the socket, and split tables by rows, or they would work on
// one table with one thread.
func (l *lab) copyMydumper(ctx context.Context, source, target *sandbox.Server) (Measure, error) {
	for _, name := range []string{"mydumper", "myloader"} {
		if _, err := exec.LookPath(name); err != nil {
			return Measure{}, fmt.Errorf("%w: %s is not installed (Debian: apt install mydumper)", errSkipped, name)
		}
	}
	dir, err := os.MkdirTemp(l.dir, "dump-")
	if err != nil {
		return Measure{}, err
	}
	defer os.RemoveAll(dir)
	const threads = "4"
	chunk := max(l.opts.Rows/25, 10_000)
	meter := startMeter(source, target)
	var m Measure
	for _, command := range []*exec.Cmd{
		exec.Command("mydumper", "-S", source.Socket, "-u", "root", "-B", database, "-t", threads, "-r", strconv.Itoa(chunk), "-o", dir),
		// Without -e the loaded rows would not be in the target's binlog.
		exec.Command("myloader", "-S", target.Socket, "-u", "root", "-B", database, "-t", threads, "-e", "-d", dir),
	} {
		p, err := start(ctx, command)
		if err != nil {
			return m, err
		}
		if err := p.wait(); err != nil {
			return m, err
		}
		m.CPU.Tool += p.cpu()
		m.Peak = max(m.Peak, p.peak.Load())
	}
	return finishDump(ctx, meter, m, target, l.opts.Rows)
}

// copyMysqldump times mysqldump and mysql, one piped into the other.
func (l *lab) copyMysqldump(ctx context.Context, source, target *sandbox.Server) (Measure, error) {
	const charset = "--default-character-set=utf8mb4" // JSON cannot be loaded as binary
	dump, err := source.Dump(ctx, charset, "--single-transaction", "--set-gtid-purged=OFF", "--hex-blob", "--databases", database)
	if err != nil {
		return Measure{}, err
	}
	load, err := target.Client(ctx, charset)
	if err != nil {
		return Measure{}, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return Measure{}, err
	}
	dump.Stdout, load.Stdin = write, read
	meter := startMeter(source, target)
	dumping, err := start(ctx, dump)
	write.Close()
	if err != nil {
		read.Close()
		return Measure{}, err
	}
	loading, err := start(ctx, load)
	read.Close()
	if err != nil {
		return Measure{}, err
	}
	for _, p := range []*program{loading, dumping} {
		if err := p.wait(); err != nil {
			return Measure{}, err
		}
	}
	m := Measure{CPU: CPU{Tool: dumping.cpu() + loading.cpu()}, Peak: dumping.peak.Load() + loading.peak.Load()}
	return finishDump(ctx, meter, m, target, l.opts.Rows)
}

// finishDump reads the meter and counts: these programs have ended well without
// having copied anything before.
func finishDump(ctx context.Context, meter *meter, m Measure, target *sandbox.Server, rows int) (Measure, error) {
	took, cpu := meter.read()
	cpu.Tool = m.CPU.Tool
	m.Seconds, m.CPU = took.Seconds(), cpu
	db, err := target.RootDB()
	if err != nil {
		return m, err
	}
	counts, err := column[int](ctx, db, "SELECT (SELECT COUNT(*) FROM bench.narrow) + (SELECT COUNT(*) FROM bench.wide)")
	if err != nil {
		return m, err
	}
	if counts[0] != rows {
		return m, fmt.Errorf("%d rows were copied, not %d", counts[0], rows)
	}
	return m, nil
}
