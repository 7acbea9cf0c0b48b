package awsfake

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"tandem/internal/aws"
)

// The identity that the fake knows.
const (
	AccessKey = "AKIDTANDEMTEST000000"
	SecretKey = "tandem-test-secret-access-key"
	Account   = "123456789012"
	// Region is where clusters are that are added without one.
	Region = "eu-west-1"
)

// Server is the fake.
type Server struct {
	http *httptest.Server

	mu     sync.Mutex
	state  State
	faults []Fault
	calls  []Call
}

// Call is one request that arrived, signed or not.
type Call struct {
	// Service is rds, sts, secretsmanager, route53 or s3; Operation such as
	// DescribeDBClusters.
	Service, Operation string
	// Action is the IAM action it needs, Also what it needs besides.
	Action string
	Also   []string
	// Resource is the ARN it is needed on, * where it can not be narrowed.
	Resource string
	// Touches are the ARNs of what else it names, such as what is copied.
	Touches      []string
	Region       string
	Method, Path string
	// Fault is what was done to it, None usually.
	Fault Kind
}

// New starts a fake that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{state: newState()}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.http.Close)
	return s
}

// URL is the base URL of every API.
func (s *Server) URL() string { return s.http.URL }

// Options are those of a client of the fake: it tries again at once, and waits by
// looking again.
func (s *Server) Options(t testing.TB) aws.Options {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return aws.Options{
		Endpoint:    s.URL(),
		Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, ""),
		HTTPClient:  &http.Client{Transport: transport},
		MaxBackoff:  time.Microsecond,
		Pause:       func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	}
}

// Client returns a client of the fake.
func (s *Server) Client(t testing.TB) *aws.Client {
	t.Helper()
	client, err := aws.New(t.Context(), s.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Env is what points another process at the fake, and away from anything else.
func (s *Server) Env() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + s.URL(), "AWS_ACCESS_KEY_ID=" + AccessKey, "AWS_SECRET_ACCESS_KEY=" + SecretKey,
		"AWS_SESSION_TOKEN=", "AWS_PROFILE=", "AWS_REGION=" + Region, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	}
}

// Calls returns the requests so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count tells how often an operation was asked for, also where it failed.
func (s *Server) Count(operation string) int {
	n := 0
	for _, call := range s.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

// Do looks at what there is, or changes it.
func (s *Server) Do(do func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(&s.state)
}

// answer is what a request is answered with.
type answer struct {
	status      int
	contentType string
	header      map[string]string
	body        []byte
}

// operation is a request that was understood.
type operation struct {
	call Call
	// run does it. It is called with the server locked.
	run func() (answer, *problem)
	// fail says in the service's own way what went wrong.
	fail func(*problem) answer
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	scope, bad := checkSignature(r, body)
	op := s.parse(r, body, scope)
	op.call.Region, op.call.Method, op.call.Path = scope.region, r.Method, r.URL.Path
	if op.call.Resource == "" {
		op.call.Resource = "*"
	}
	result, fault := s.perform(op, bad)
	switch fault.Kind {
	case CutBefore, CutAfter:
		panic(http.ErrAbortHandler)
	case CutInside:
		write(w, result, len(result.body)/2)
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	default:
		write(w, result, len(result.body))
	}
}

func write(w http.ResponseWriter, a answer, n int) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = io.Copy(w, bytes.NewReader(a.body[:n]))
}

func (s *Server) perform(op operation, bad *problem) (answer, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := s.fault(op.call.Action)
	op.call.Fault = fault.Kind
	s.calls = append(s.calls, op.call)
	if bad != nil {
		return op.fail(bad), Fault{}
	}
	if p := fault.problem(op.call); p != nil {
		return op.fail(p), fault
	}
	if fault.Kind == CutBefore {
		return answer{}, fault
	}
	s.state.ends = fault.Ends
	result, p := op.run()
	s.state.ends = ""
	if p != nil {
		return op.fail(p), fault
	}
	return result, fault
}

func (s *Server) parse(r *http.Request, body []byte, scope scope) operation {
	switch scope.service {
	case "rds":
		return s.parseRDS(body, scope.region)
	case "sts":
		return s.parseSTS(body)
	case "secretsmanager":
		return s.parseSecrets(r, body, scope.region)
	case "route53":
		return s.parseRoute53(r, body)
	case "s3":
		return s.parseS3(r, body)
	}
	unknown := &problem{status: http.StatusForbidden, code: "MissingAuthenticationToken", message: "Request is missing Authentication Token"}
	return operation{
		run:  func() (answer, *problem) { return answer{}, unknown },
		fail: func(p *problem) answer { return queryError(p) },
	}
}
