package sandbox

import (
	"fmt"
	"os"
	"strconv"
)

// mysqldArgs are the options that make a mysqld of the given version look like
// the managed services as tandem needs them, apart from where its files are.
// Later options win, so the caller's own come last.
func mysqldArgs(o Options) []string {
	v := o.Install
	args := []string{
		"--server-id=" + strconv.FormatUint(uint64(o.ServerID), 10),
		"--log-bin=binlog",
		"--gtid-mode=ON",
		"--enforce-gtid-consistency=ON",
		"--binlog-row-image=FULL",
		"--log-bin-trust-function-creators=1",
		"--local-infile=1",
		"--max-allowed-packet=64M",
		"--max-connections=300",
		"--default-time-zone=+00:00",
		"--skip-name-resolve",
		"--performance-schema=OFF",
		fmt.Sprintf("--innodb-buffer-pool-size=%dM", o.BufferPoolMB),
	}
	if v.AtLeast(8, 0, 26) {
		args = append(args, "--log-replica-updates=ON")
	} else {
		args = append(args, "--log-slave-updates=ON")
	}
	if v.AtLeast(8, 0, 1) {
		args = append(args, "--binlog-row-metadata=FULL")
	} else {
		args = append(args, "--binlog-format=ROW")
	}
	if v.AtLeast(8, 0, 11) {
		args = append(args, "--mysqlx=OFF")
	}
	if v.AtLeast(5, 7, 6) {
		args = append(args, "--log-error-verbosity=2")
	} else {
		// Two files of 48 MB would be written at each first start. Small enough
		// to start at once, large enough for a row of 12 MB (a tenth of both).
		args = append(args, "--innodb-log-file-size=64M")
	}
	if o.Durable {
		args = append(args, "--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1")
	} else {
		args = append(args, "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0")
	}
	return append(args, o.ExtraArgs...)
}

// placeArgs say where a server that runs as a local process keeps its files and
// listens.
func placeArgs(o Options, place place) []string {
	args := []string{
		"--no-defaults",
		"--datadir=" + place.data,
		"--socket=" + place.socket,
		"--pid-file=" + place.pidFile,
		"--log-error=" + place.log,
		"--tmpdir=" + place.tmp,
		"--bind-address=127.0.0.1",
		"--port=" + strconv.Itoa(o.Port),
	}
	if o.Install.AtLeast(5, 7, 6) {
		args = append(args, "--secure-file-priv=NULL")
	}
	return append(args, userArgs()...)
}

// userArgs: mysqld refuses to run as root unless it is told to.
func userArgs() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}
