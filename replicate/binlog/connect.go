package binlog

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"

	"tandem/internal/change"
	"tandem/internal/wire"
)

// server is what the reader has to know about the server it reads from.
type server struct {
	name            string
	uuid            string
	version         string
	lowerCaseTables bool
}

// connect opens the connection, checks that the server can go on from the
// position, and asks for the events behind it.
func connect(ctx context.Context, cfg Config, from change.GTIDSet) (net.Conn, server, error) {
	ctx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
	defer cancel()
	c, err := wire.Connect(ctx, cfg.Endpoint, wire.Session{})
	if err != nil {
		return nil, server{}, fmt.Errorf("open binlog: %w", err)
	}
	srv, err := prepare(ctx, c, cfg, from)
	if err != nil {
		c.Close()
		return nil, server{}, err
	}
	conn, err := c.Hijack()
	if err != nil {
		c.Kill()
		return nil, server{}, fmt.Errorf("open binlog: %w", err)
	}
	if err := requestDump(conn, cfg, from); err != nil {
		conn.Close()
		return nil, server{}, &LostError{Server: cfg.Endpoint.Name, Err: err}
	}
	return conn, srv, nil
}

func prepare(ctx context.Context, c *wire.Conn, cfg Config, from change.GTIDSet) (server, error) {
	srv := server{name: cfg.Endpoint.Name}
	row, err := c.One(ctx, []byte("SELECT @@global.gtid_mode, @@global.log_bin, @@global.gtid_executed,"+
		" @@global.gtid_purged, @@server_uuid, @@version, @@global.lower_case_table_names, @@version_comment"))
	if err != nil {
		return srv, fmt.Errorf("read replication settings of %s: %w", srv.name, err)
	}
	if err := checkSettings(srv.name, row); err != nil {
		return srv, err
	}
	srv.uuid, srv.version = string(row[4]), string(row[5])
	srv.lowerCaseTables = string(row[6]) != "0"
	executed, err := change.ParseGTIDSet(string(row[2]))
	if err != nil {
		return srv, fmt.Errorf("read gtid_executed of %s: %w", srv.name, err)
	}
	purged, err := change.ParseGTIDSet(string(row[3]))
	if err != nil {
		return srv, fmt.Errorf("read gtid_purged of %s: %w", srv.name, err)
	}
	if missing := purged.Subtract(from); !missing.IsEmpty() {
		return srv, &PurgedError{Server: srv.name, Missing: missing}
	}
	if extra := from.Subtract(executed); !extra.IsEmpty() {
		return srv, &AheadError{Server: srv.name, Extra: extra}
	}
	for _, sql := range sessionSetup(cfg) {
		if _, err := c.Exec(ctx, []byte(sql)); err != nil {
			return srv, fmt.Errorf("set up binlog session on %s: %w", srv.name, err)
		}
	}
	return srv, nil
}

func checkSettings(name string, row [][]byte) error {
	if len(row) < 8 {
		return fmt.Errorf("read replication settings of %s: no answer", name)
	}
	if strings.Contains(string(row[5])+string(row[7]), "MariaDB") {
		return &SettingError{Server: name, Setting: "version", Value: string(row[5]), Want: "MySQL"}
	}
	if string(row[1]) != "1" {
		return &SettingError{Server: name, Setting: "log_bin", Value: "OFF", Want: "ON"}
	}
	if mode := string(row[0]); !strings.EqualFold(mode, "ON") {
		return &SettingError{Server: name, Setting: "gtid_mode", Value: mode, Want: "ON"}
	}
	return nil
}

// sessionSetup tells the server how to send. The user variables are read by
// the dump thread; servers up to 8.0 know the master_ names only.
func sessionSetup(cfg Config) []string {
	period := cfg.HeartbeatPeriod.Nanoseconds()
	id := replicaUUID(cfg.ServerID)
	return []string{
		"SET @master_binlog_checksum=@@global.binlog_checksum, @source_binlog_checksum=@@global.binlog_checksum",
		fmt.Sprintf("SET @master_heartbeat_period=%d, @source_heartbeat_period=%d", period, period),
		// By its UUID the server finds, and ends, a dump thread that an earlier
		// connection of ours has left behind.
		fmt.Sprintf("SET @slave_uuid='%s', @replica_uuid='%s'", id, id),
		fmt.Sprintf("SET SESSION net_write_timeout=%d", int(cfg.NetWriteTimeout/time.Second)),
	}
}

// replicaUUID makes a UUID of a server id: version 8, variant 1, "tandem".
func replicaUUID(id uint32) string {
	var u [16]byte
	copy(u[:], "tandem")
	u[6], u[8] = 0x80, 0x80
	binary.BigEndian.PutUint32(u[12:], id)
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// requestDump sends COM_BINLOG_DUMP_GTID. The flags are 0: wait for more at
// the end, find the file by the position.
func requestDump(conn net.Conn, cfg Config, from change.GTIDSet) error {
	set, err := mysql.ParseMysqlGTIDSet(from.String())
	if err != nil {
		return fmt.Errorf("encode position %s: %w", from, err)
	}
	encoded := set.Encode()
	p := make([]byte, 4, 64+len(encoded))
	p = append(p, mysql.COM_BINLOG_DUMP_GTID)
	p = binary.LittleEndian.AppendUint16(p, 0)
	p = binary.LittleEndian.AppendUint32(p, cfg.ServerID)
	p = binary.LittleEndian.AppendUint32(p, 0) // length of the file's name
	p = binary.LittleEndian.AppendUint64(p, 4)
	p = binary.LittleEndian.AppendUint32(p, uint32(len(encoded)))
	p = append(p, encoded...)
	n := len(p) - 4
	if n >= maxPacket {
		return errors.New("the position is too long for one packet")
	}
	p[0], p[1], p[2] = byte(n), byte(n>>8), byte(n>>16)
	if err := conn.SetWriteDeadline(time.Now().Add(cfg.ConnectTimeout)); err != nil {
		return err
	}
	_, err = conn.Write(p)
	return err
}
