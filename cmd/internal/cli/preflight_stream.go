package cli

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"tandem/internal/change"
	"tandem/internal/config"
	"tandem/internal/mysqldb"
	"tandem/internal/preflight"
	"tandem/internal/schema"
	"tandem/replicate/binlog"
)

// listenFor is how long a binlog is listened to: what a server has against being
// streamed from it says at once.
const listenFor = time.Second

// streamProbe opens binlogs where the links would.
type streamProbe struct {
	cfg  *config.Config
	ends [2]mysqldb.Endpoint
	dbs  [2]*sql.DB
	from [2]*change.GTIDSet
}

func (p *streamProbe) open(ctx context.Context, side preflight.Side) error {
	i := 0
	if side == preflight.Target {
		i = 1
	}
	from := p.from[i]
	if from == nil {
		executed, err := mysqldb.Executed(ctx, p.dbs[i])
		if err != nil {
			return err
		}
		from = &executed
	}
	reader, err := binlog.Open(ctx, binlog.Config{
		Endpoint: p.ends[i],
		// A server lets go of the older of two replicas with one number.
		ServerID: serverID(p.cfg) ^ 1<<30,
		Tables:   noTables{}, Replicated: func(schema.Name) bool { return false }, ReplicatedSchema: func(string) bool { return false },
		SpoolDir: "", Logger: slog.New(slog.DiscardHandler),
	}, *from)
	if err != nil {
		return err
	}
	listen, cancel := context.WithTimeout(ctx, listenFor)
	defer cancel()
	_, err = reader.Next(listen)
	if listen.Err() != nil && ctx.Err() == nil {
		err = nil // nothing was said against it
	}
	return errors.Join(err, reader.Close())
}

// noTables replicates nothing.
type noTables struct{}

// Table implements [binlog.Tables].
func (noTables) Table(schema.Name) (*schema.Table, bool) { return nil, false }
