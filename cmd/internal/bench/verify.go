package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"tandem/internal/fault"
	"tandem/internal/sandbox"
)

// The parts that measure a comparison of rows: on loopback, and with the source
// behind a line of 30 ms there and back on which each connection gets 4 MB a
// second.
const (
	partVerify    = "verify"
	partVerifyFar = "verify-far"
)

const (
	contenderChecksum = "checksum table"
	contenderCRC      = "bit_xor crc32"
	contenderStream   = "tandem, rows here"
	contenderServer   = "tandem, digests there"
)

// farLine is the line to the source in the second part.
func farLine() fault.Conditions {
	way := fault.Way{Delay: 15 * time.Millisecond, BytesPerSecond: 4 << 20}
	return fault.Conditions{ToServer: way, ToClient: way}
}

// verifyRaces fills both sides with the same rows and lets everybody compare
// them.
func (l *lab) verifyRaces(ctx context.Context, parts []string, add func(Race)) (err error) {
	source, err := l.source(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close(context.WithoutCancel(ctx))) }()
	target, err := l.target(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close(context.WithoutCancel(ctx))) }()
	l.say("verify: filling %d rows on both sides", l.opts.Rows)
	group, groupCtx := errgroup.WithContext(ctx)
	for _, server := range []*sandbox.Server{source, target} {
		group.Go(func() error { return l.fill(groupCtx, server) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, server := range []*sandbox.Server{source, target} {
		db, err := server.RootDB()
		if err != nil {
			return err
		}
		if err := all(ctx, db, "ANALYZE TABLE bench.narrow, bench.wide"); err != nil {
			return err
		}
		if err := l.settle(ctx, server); err != nil {
			return err
		}
	}
	bytes, err := textBytes(ctx, source)
	if err != nil {
		return err
	}
	for _, part := range parts {
		race := Race{Name: part, Title: "compare two tables on two servers at rest", Kind: "verify", Rows: int64(l.opts.Rows), Bytes: bytes}
		err := l.verifyRace(ctx, &race, source, target)
		add(race)
		if err != nil {
			return err
		}
	}
	return nil
}

// verifyRace runs one of the parts.
func (l *lab) verifyRace(ctx context.Context, race *Race, source, target *sandbox.Server) (err error) {
	port := source.Port
	if race.Name == partVerifyFar {
		race.Title += ", the source 30 ms and 4 MB/s a connection away"
		proxy, err := fault.Listen(source.Addr())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, proxy.Close()) }()
		proxy.Set(farLine())
		port = proxy.Port()
	}
	tandem := func(args ...string) func(context.Context) (Measure, error) {
		return func(ctx context.Context) (Measure, error) { return l.verifyTandem(ctx, source, target, port, args...) }
	}
	contenders := []contender{
		{name: contenderTandem, run: tandem()},
		{name: contenderChecksum, run: func(ctx context.Context) (Measure, error) {
			return l.verifySQL(ctx, source, target, checksumTables)
		}},
		{name: contenderCRC, run: func(ctx context.Context) (Measure, error) {
			return l.verifySQL(ctx, source, target, checksumChunks)
		}},
		{name: contenderStream, run: tandem("--method", "stream")},
		{name: contenderServer, run: tandem("--method", "server")},
	}
	return l.rounds(ctx, race, contenders)
}

// verifyTandem times tandem verify, from its start to its end.
func (l *lab) verifyTandem(ctx context.Context, source, target *sandbox.Server, port int, args ...string) (Measure, error) {
	command, err := l.tandemCommand(source, target, port, append([]string{"verify", "--fresh", "--no-input"}, args...)...)
	if err != nil {
		return Measure{}, err
	}
	meter := startMeter(source, target)
	p, err := start(ctx, command)
	if err != nil {
		return Measure{}, err
	}
	if err := p.wait(); err != nil {
		return Measure{}, err
	}
	took, cpu := meter.read()
	cpu.Tool = p.cpu()
	return Measure{Seconds: took.Seconds(), CPU: cpu, Peak: p.peak.Load()}, nil
}

// verifySQL times statements that run on both servers at once, each server at its
// own end of the line.
func (l *lab) verifySQL(ctx context.Context, source, target *sandbox.Server, digest func(context.Context, *sandbox.Server, int) (string, error)) (Measure, error) {
	meter := startMeter(source, target)
	var sums [2]string
	group, groupCtx := errgroup.WithContext(ctx)
	for i, server := range []*sandbox.Server{source, target} {
		group.Go(func() (err error) {
			sums[i], err = digest(groupCtx, server, l.opts.Rows)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Measure{}, err
	}
	took, cpu := meter.read()
	m := Measure{Seconds: took.Seconds(), CPU: cpu}
	if sums[0] != sums[1] {
		m.Difference = fmt.Sprintf("%.100s and %.100s", sums[0], sums[1])
	}
	return m, nil
}

func checksumTables(ctx context.Context, server *sandbox.Server, _ int) (string, error) {
	db, err := server.RootDB()
	if err != nil {
		return "", err
	}
	sums := ""
	for _, table := range []string{"bench.narrow", "bench.wide"} {
		var name, sum string
		if err := db.QueryRowContext(ctx, "CHECKSUM TABLE "+table).Scan(&name, &sum); err != nil {
			return "", err
		}
		sums += name + " " + sum + "\n"
	}
	return sums, nil
}

// checksumChunks is what older programs compare chunks by: 32 bits that see no
// two equal faults, and text that rounds floats.
func checksumChunks(ctx context.Context, server *sandbox.Server, rows int) (string, error) {
	db, err := server.RootDB()
	if err != nil {
		return "", err
	}
	const step = 50_000
	sums := ""
	for _, of := range [][2]string{
		{"narrow", "id,k,c,pad,at"},
		{"wide", "id,customer,price,ratio,weight,state,flags,title,doc,raw,note,at"},
	} {
		table, columns := of[0], of[1]
		for first := 1; first <= rows; first += step {
			var n int64
			var sum uint64
			query := fmt.Sprintf("SELECT COUNT(*), BIT_XOR(CRC32(CONCAT_WS('#',%s))) FROM bench.%s WHERE id>=%d AND id<%d", columns, table, first, first+step)
			if err := db.QueryRowContext(ctx, query).Scan(&n, &sum); err != nil {
				return "", err
			}
			if n == 0 {
				break
			}
			sums += fmt.Sprintf("%s %d %d\n", table, n, sum)
		}
	}
	return sums, nil
}
