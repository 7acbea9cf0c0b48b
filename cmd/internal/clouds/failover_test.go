package clouds

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tandem/internal/aws/awsfake"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// followsWithin is how long rows may take to arrive again once the cloud's name
// leads to a server that takes them. The last try before that may have been put off
// for five seconds, and the machine is busy.
const followsWithin = 20 * time.Second

// TestAuroraFailover lets the target's writer become a reader in the middle of the
// stream: another server takes over, which holds all that the first one had
// committed, and for a while the cluster's name still leads to the old one.
func TestAuroraFailover(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, next := w.pair.Target, w.standby()
	w.open(false)
	w.replicate()
	w.until("rows to arrive", func() bool { return w.rows(old) > 50 })

	// The storage of Aurora is one: what was committed is there whoever writes it.
	root := sandboxtest.RootDB(t, old, "")
	sandboxtest.Exec(t, root, "SET GLOBAL super_read_only=1")
	w.promote(next, old)
	w.until("the replicator to meet a server that takes no writes", func() bool { return w.saw("read-only", "read only") })
	asReader(t, old)
	w.until("the replicator to find out that it is a reader", func() bool { return w.saw("is a reader of its cluster") })
	held := w.rows(next)
	w.amazon.Do(func(s *awsfake.State) {
		c := s.Clusters[awsfake.Region+"/"+clusterName]
		c.SetWriter(clusterName + "-2")
		c.Port = next.Port
	})
	took := w.until("rows to arrive at the new writer", func() bool { return w.rows(next) > held })
	t.Logf("rows arrive %s after the name leads to the new writer", took.Round(time.Millisecond))
	if took > followsWithin {
		t.Errorf("rows arrive %s after the name leads to the new writer", took)
	}
	w.live("status").want(0)
	w.handOver() // the guards, the journal and the state of the links are there, too
	w.judge(w.pair.Source, next)
	w.live("verify").want(0)
}

// saw tells whether a life of the program has said one of the texts.
func (w *world) saw(texts ...string) bool {
	for _, l := range w.lives {
		for _, text := range texts {
			if strings.Contains(l.said(), text) {
				return true
			}
		}
	}
	return false
}

// standby starts a second member of the cluster, which follows the first one by
// MySQL's own replication.
func (w *world) standby() *sandbox.Server {
	w.t.Helper()
	writer := w.pair.Target
	s, err := sandbox.Start(w.t.Context(), sandbox.Options{
		Install: writer.Install(), Role: sandbox.Target, Name: "standby", ServerID: 202, Password: writer.Password(), BufferPoolMB: 64,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := s.Close(w.t.Context()); err != nil {
			w.t.Error(err)
		}
	})
	sandboxtest.Exec(w.t, sandboxtest.RootDB(w.t, s, ""),
		fmt.Sprintf("CHANGE REPLICATION SOURCE TO SOURCE_HOST='%s', SOURCE_PORT=%d, SOURCE_USER='%s', SOURCE_PASSWORD='%s', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1",
			writer.Host(), writer.Port, sandbox.UserTandem, writer.Password()),
		"START REPLICA")
	w.amazon.Do(func(st *awsfake.State) {
		c := st.Clusters[awsfake.Region+"/"+clusterName]
		c.Members = append(c.Members, &awsfake.Member{
			ID: clusterName + "-2", Host: s.Host(), Port: s.Port, Addr: s.Addr(),
			Class: "db.r6g.large", Status: "available", ParameterStatus: "in-sync", GroupStatus: "in-sync",
		})
	})
	return s
}

// promote ends the replication of a standby once it has everything.
func (w *world) promote(standby, writer *sandbox.Server) {
	w.t.Helper()
	var executed string
	if err := sandboxtest.RootDB(w.t, writer, "").QueryRow("SELECT @@global.gtid_executed").Scan(&executed); err != nil {
		w.t.Fatal(err)
	}
	db := sandboxtest.RootDB(w.t, standby, "")
	var late int
	if err := db.QueryRow("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 60)", executed).Scan(&late); err != nil || late != 0 {
		w.t.Fatalf("the standby does not catch up: %v", err)
	}
	sandboxtest.Exec(w.t, db, "STOP REPLICA", "RESET REPLICA ALL")
}

// asReader starts a server again as the readers of Aurora are: its storage is
// somebody else's to write.
func asReader(t *testing.T, s *sandbox.Server) {
	t.Helper()
	if s.Install().Image != "" {
		t.Skip("needs mysqld on this machine")
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mysqld := exec.Command(s.Install().Mysqld, "--no-defaults", "--innodb-read-only=1", "--user=root",
		"--datadir="+s.DataDir(), "--socket="+s.Socket, "--port="+strconv.Itoa(s.Port), "--bind-address=127.0.0.1",
		"--pid-file="+filepath.Join(dir, "pid"), "--log-error="+filepath.Join(dir, "log"), "--tmpdir="+dir,
		"--secure-file-priv=NULL", "--mysqlx=OFF", "--skip-name-resolve", "--innodb-buffer-pool-size=64M",
		"--log-bin=binlog", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--server-id=201")
	if err := mysqld.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = mysqld.Process.Kill() // it may have ended
		_ = mysqld.Wait()         // so it says
	})
	db := sandboxtest.RootDB(t, s, "")
	for deadline := time.Now().Add(time.Minute); db.PingContext(t.Context()) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the reader does not answer")
		}
	}
}

// TestCloudSQLMaintenance restarts the source in the middle of the stream, as
// maintenance does, twice: once it comes back where it was, once the instance has
// moved to another machine.
func TestCloudSQLMaintenance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(false)
	w.replicate()
	for _, move := range []bool{false, true} {
		w.until("rows to arrive", func() bool { return w.rows(w.pair.Target) > 50 })
		w.instance.Drop()
		if move {
			w.instance.Backend("") // nobody is there for a while
		}
		if err := w.pair.Source.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		held := w.rows(w.pair.Target)
		w.instance.Backend(w.pair.Source.Addr())
		took := w.until("rows to arrive after the maintenance", func() bool { return w.rows(w.pair.Target) > held })
		t.Logf("rows arrive %s after the instance is back", took.Round(time.Millisecond))
		if took > followsWithin {
			t.Errorf("rows arrive %s after the instance is back", took)
		}
	}
	w.live("status").want(0)
	w.judge(w.pair.Source, w.pair.Target)
	w.live("verify").want(0)
}
