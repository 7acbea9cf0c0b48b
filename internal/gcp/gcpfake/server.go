// Package gcpfake is Google Cloud in the test's own process: the HTTP APIs that
// package gcp calls, and instances that end the connector's TLS and pass
// everything on to a local MySQL server.
//
//	gcp.Client ── HTTP ──► Server ─ instances, users, secrets, zones, buckets
//	gcp.Dialer ── TLS ───► Instance ──► backend, a local mysqld
//
// What goes wrong is data: Fail, Deny, SlowOperations, FailOperation, Before. What
// was asked is recorded with the permissions it needs (Calls), so that a test can
// derive the role that tandem wants.
package gcpfake

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/dns/v1"
	"google.golang.org/api/sqladmin/v1"

	"tandem/internal/gcp"
)

// Server is the cloud. Its methods may be called at any time.
type Server struct {
	http *httptest.Server
	pki  *authority
	ctx  context.Context
	// running are the goroutines of instances.
	running sync.WaitGroup

	mu         sync.Mutex
	instances  map[string]*Instance // by project/name
	flags      []*sqladmin.Flag
	operations []*operation
	secrets    map[string][]string         // by projects/P/secrets/N
	zones      map[string]*zone            // by project/zone
	buckets    map[string]map[string]*blob // by bucket, then name
	denied     map[string]bool
	faults     []*Fault
	before     map[string][]func()
	calls      []Call
	polls      int
	eager      bool
	broken     map[string]string
	onClone    func(source, clone string) string
	last       int
}

// New starts a cloud without anything in it. It ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		pki:       newAuthority(t),
		ctx:       ctx,
		instances: map[string]*Instance{},
		flags:     standardFlags(),
		secrets:   map[string][]string{},
		zones:     map[string]*zone{},
		buckets:   map[string]map[string]*blob{},
		denied:    map[string]bool{},
		before:    map[string][]func(){},
		broken:    map[string]string{},
	}
	s.http = httptest.NewServer(s.routes())
	t.Cleanup(func() {
		cancel()
		s.mu.Lock()
		for _, i := range s.instances {
			i.stop()
		}
		s.mu.Unlock()
		s.http.Close()
		s.running.Wait()
	})
	return s
}

// URL is the endpoint of every API. A process that is given it reaches instances,
// too: they listen on loopback addresses of their own.
func (s *Server) URL() string { return s.http.URL }

// Options are those of a client of this cloud, which does not wait between
// attempts.
func (s *Server) Options() gcp.Options {
	return gcp.Options{
		Endpoint:  s.URL(),
		Anonymous: true,
		DialFunc:  s.dial,
		Wait: func(ctx context.Context, _ time.Duration) error {
			timer := time.NewTimer(time.Millisecond)
			defer timer.Stop()
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-timer.C:
				return nil
			}
		},
	}
}

// Client returns a client of this cloud, closed with the test.
func (s *Server) Client(t testing.TB) *gcp.Client {
	t.Helper()
	c, err := gcp.New(t.Context(), s.Options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// dial is under the connector: it finds the instance whose address that is.
func (s *Server) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	for _, i := range s.instances {
		if to, ok := i.addresses[host]; ok {
			addr = to
		}
	}
	s.mu.Unlock()
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

// Call is one that was made.
type Call struct {
	// API is the method's name, such as sql.instances.patch.
	API          string
	Method, Path string
	// Permission is the first of Permissions, empty for what everybody may.
	Permission  string
	Permissions []string
	// Status is that of the answer; 0 where the connection was cut.
	Status int
}

// Calls returns what was asked so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count tells how often an API's method was called.
func (s *Server) Count(api string) int {
	n := 0
	for _, c := range s.Calls() {
		if c.API == api {
			n++
		}
	}
	return n
}

// refusal is an answer that is an error.
type refusal struct {
	status          int
	reason, message string
}

func refuse(status int, reason, message string) *refusal { return &refusal{status, reason, message} }

var gone = refuse(http.StatusNotFound, "notFound", "The requested resource was not found.")

// endpoint is a method of an API. Its function is called with the server locked.
type endpoint struct {
	api         string
	permissions []string
	answer      func(*http.Request) (any, *refusal)
}

// serve answers a request as its endpoint does, faults first.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	s.mu.Lock()
	hooks := s.before[e.api]
	if len(hooks) > 0 {
		s.before[e.api] = hooks[1:]
	}
	s.mu.Unlock()
	if len(hooks) > 0 {
		hooks[0]()
	}
	s.mu.Lock()
	call := Call{API: e.api, Method: r.Method, Path: r.URL.Path, Permissions: e.permissions}
	if len(e.permissions) > 0 {
		call.Permission = e.permissions[0]
	}
	status, body, retryAfter := s.decide(r, e)
	call.Status = status
	s.calls = append(s.calls, call)
	s.mu.Unlock()

	if status == 0 {
		panic(http.ErrAbortHandler) // cuts the connection
	}
	w.Header().Set("Content-Type", "application/json")
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // who went away reads nothing
}

// decide makes the answer. The server is locked, also while what it knows is
// encoded.
func (s *Server) decide(r *http.Request, e endpoint) (status int, body []byte, retryAfter string) {
	fault := s.fault(e.api)
	if fault != nil && !fault.After {
		return fault.Status, complain(refuse(fault.Status, fault.Reason, fault.message())), fault.RetryAfter
	}
	for _, p := range e.permissions {
		if s.denied[p] {
			no := refuse(http.StatusForbidden, "notAuthorized", "The client is not authorized to make this request.")
			return no.status, complain(no), ""
		}
	}
	if strings.HasPrefix(e.api, "sql.") {
		s.tick()
	}
	answer, no := e.answer(r)
	switch {
	case no != nil:
		return no.status, complain(no), ""
	case fault != nil:
		return fault.Status, complain(refuse(fault.Status, fault.Reason, fault.message())), fault.RetryAfter
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return http.StatusOK, body, ""
}

// complain is the body of an error.
func complain(no *refusal) []byte {
	body, err := json.Marshal(map[string]any{"error": map[string]any{
		"code": no.status, "message": no.message,
		"errors": []map[string]any{{"reason": no.reason, "message": no.message, "domain": "global"}},
	}})
	if err != nil {
		panic(err)
	}
	return body
}

// read decodes a request's body.
func read[T any](r *http.Request) (*T, *refusal) {
	v := new(T)
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		return nil, refuse(http.StatusBadRequest, "parseError", err.Error())
	}
	return v, nil
}

// zone is a managed zone of Cloud DNS.
type zone struct {
	records []*dns.ResourceRecordSet
	changes []*dns.Change
	pending map[string]int // looks until a change is done
}
