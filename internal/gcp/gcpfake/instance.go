package gcpfake

import (
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/cloud"
	"tandem/internal/gcp"
)

// Instance is one of Cloud SQL.
type Instance struct {
	server *Server
	// Everything below is guarded by the server's lock.
	project, region, name string
	resource              *sqladmin.DatabaseInstance
	users                 []*sqladmin.User
	backups               []*sqladmin.BackupRun
	backend               string
	listeners             []net.Listener
	addresses             map[string]string // of the instance, to where it listens
	conns                 map[net.Conn]bool
	dials                 map[string]int
	logins                int
}

// Instance adds an instance, or moves the one of that connection name to another
// backend: new connections go there. The backend is the address of a local MySQL
// server; without one connections are closed at once.
func (s *Server) Instance(connectionName, backend string) *Instance {
	project, region, name, err := gcp.ParseInstance(connectionName)
	if err != nil {
		panic(err) // a test that is written wrong
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.instances[project+"/"+name]; i != nil {
		i.backend = backend
		return i
	}
	return s.add(project, region, name, backend, standardInstance(project, region, name))
}

// add starts an instance. The server is locked.
func (s *Server) add(project, region, name, backend string, resource *sqladmin.DatabaseInstance) *Instance {
	i := &Instance{
		server: s, project: project, region: region, name: name, backend: backend, resource: resource,
		addresses: map[string]string{}, conns: map[net.Conn]bool{}, dials: map[string]int{},
		users: []*sqladmin.User{{Name: "root", Host: "%", Type: "BUILT_IN"}},
	}
	resource.ServerCaCert = &sqladmin.SslCert{Cert: s.pki.pem()}
	psc := fmt.Sprintf("%s.%s.sql-psc.goog", name, region)
	config, err := s.pki.server(project+":"+name, psc)
	if err != nil {
		panic(err)
	}
	public, private := i.listen(config, "public"), i.listen(config, "private")
	i.addresses[psc] = i.addresses[private]
	resource.IpAddresses = []*sqladmin.IpMapping{{Type: "PRIMARY", IpAddress: public}, {Type: "PRIVATE", IpAddress: private}}
	resource.DnsName = psc + "."
	s.instances[project+"/"+name] = i
	return i
}

// listen opens an address of the instance's own, and returns it. It is a loopback
// address at the connector's port where the system has many of them, so that other
// processes reach it, too.
func (i *Instance) listen(config *tls.Config, route string) string {
	var l net.Listener
	var host string
	for range 20 {
		var err error
		host = fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 2+rand.IntN(250))
		if l, err = net.Listen("tcp", net.JoinHostPort(host, "3307")); err == nil {
			break
		}
	}
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			panic(err)
		}
	}
	i.addresses[host] = l.Addr().String()
	i.listeners = append(i.listeners, l)
	i.server.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			i.server.running.Go(func() { i.pipe(tls.Server(c, config), route) })
		}
	})
	return host
}

// pipe passes a connection on to the backend.
func (i *Instance) pipe(front *tls.Conn, route string) {
	defer front.Close()
	i.server.mu.Lock()
	backend := i.backend
	open := i.conns != nil
	if open {
		i.conns[front] = true
		i.dials[route]++
	}
	i.server.mu.Unlock()
	if !open {
		return
	}
	defer func() {
		i.server.mu.Lock()
		delete(i.conns, front)
		i.server.mu.Unlock()
	}()
	if err := front.HandshakeContext(i.server.ctx); err != nil || backend == "" {
		return
	}
	back, err := net.DialTimeout("tcp", backend, 10*time.Second)
	if err != nil {
		return
	}
	defer back.Close()
	// Whichever side ends, both do.
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(back, front); _ = back.Close() })
	both.Go(func() { _, _ = io.Copy(front, back); _ = front.Close() })
	both.Wait()
}

// stop ends an instance. The server is locked.
func (i *Instance) stop() {
	for _, l := range i.listeners {
		_ = l.Close()
	}
	i.listeners = nil
	i.drop()
	i.conns = nil
}

func (i *Instance) drop() {
	for c := range i.conns {
		// The connection under the TLS: its Close would wait to say goodbye.
		if t, ok := c.(*tls.Conn); ok {
			_ = t.NetConn().Close()
		}
	}
}

// Drop cuts every connection, as a maintenance restart does.
func (i *Instance) Drop() {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	i.drop()
}

// Backend moves the instance to another server: new connections go there.
func (i *Instance) Backend(addr string) {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	i.backend = addr
}

// Dials tells how many connections came by a route, public or private (Private
// Service Connect counts as private).
func (i *Instance) Dials(route string) int {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	return i.dials[route]
}

// Logins tells how many certificates carried a token for IAM authentication.
func (i *Instance) Logins() int {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	return i.logins
}

// Edit changes what the admin API tells of the instance, as another hand would:
// the settings' version rises.
func (i *Instance) Edit(f func(*sqladmin.DatabaseInstance)) *Instance {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	f(i.resource)
	i.resource.Settings.SettingsVersion++
	return i
}

// Flag returns a database flag that is set, empty for none.
func (i *Instance) Flag(name string) string {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	for _, f := range i.resource.Settings.DatabaseFlags {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// SetUsers replaces the users that the admin API knows.
func (i *Instance) SetUsers(users ...cloud.User) *Instance {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	i.users = nil
	for _, u := range users {
		i.users = append(i.users, &sqladmin.User{Name: u.Name, Host: u.Host, Type: u.Kind, DatabaseRoles: u.Roles})
	}
	return i
}

// AddBackup adds a backup that there is already.
func (i *Instance) AddBackup(b cloud.Backup) *Instance {
	i.server.mu.Lock()
	defer i.server.mu.Unlock()
	i.server.last++
	i.backups = append(i.backups, &sqladmin.BackupRun{
		Id: int64(i.server.last), Type: b.Kind, Status: b.Status, Description: b.Description,
		StartTime: b.Begun.Format(time.RFC3339), EndTime: b.End.Format(time.RFC3339), EnqueuedTime: b.Begun.Format(time.RFC3339),
	})
	return i
}

// Instances returns the connection names of all there are.
func (s *Server) Instances() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, i := range s.instances {
		names = append(names, i.connectionName())
	}
	return names
}

func (i *Instance) connectionName() string { return i.project + ":" + i.region + ":" + i.name }

// standardInstance is a primary that is ready to be moved away from.
func standardInstance(project, region, name string) *sqladmin.DatabaseInstance {
	grow := true
	return &sqladmin.DatabaseInstance{
		Kind: "sql#instance", Project: project, Region: region, Name: name,
		ConnectionName: project + ":" + region + ":" + name, DatabaseVersion: "MYSQL_8_0",
		State: "RUNNABLE", InstanceType: "CLOUD_SQL_INSTANCE", BackendType: "SECOND_GEN",
		CreateTime: time.Now().UTC().Format(time.RFC3339),
		Settings: &sqladmin.Settings{
			Tier: "db-custom-4-15360", Edition: "ENTERPRISE", AvailabilityType: "REGIONAL", ActivationPolicy: "ALWAYS",
			DataDiskSizeGb: 100, StorageAutoResize: &grow, DeletionProtectionEnabled: true, SettingsVersion: 1,
			BackupConfiguration: &sqladmin.BackupConfiguration{
				Enabled: true, BinaryLogEnabled: true, TransactionLogRetentionDays: 7, TransactionalLogStorageState: "CLOUD_STORAGE",
			},
			IpConfiguration: &sqladmin.IpConfiguration{Ipv4Enabled: true, SslMode: "ENCRYPTED_ONLY", PscConfig: &sqladmin.PscConfig{}},
			DatabaseFlags: []*sqladmin.DatabaseFlags{
				{Name: "binlog_row_metadata", Value: "full"},
				{Name: "binlog_expire_logs_seconds", Value: "604800"},
			},
		},
	}
}
