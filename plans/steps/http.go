package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tandem/plans"
	"tandem/plans/journal"
	"tandem/plans/runner"
)

// httpCheck sends a request, whose answer must be the one that the plan wants.
type httpCheck struct{ spec *plans.HTTP }

func newHTTP(s plans.Step) runner.Gate { return &httpCheck{s.Spec.(*plans.HTTP)} }

// Check implements [runner.Gate].
func (c *httpCheck) Check(ctx context.Context, r *runner.Run) (runner.Reading, error) {
	answered, err := send(ctx, r, c.spec, r.Vars())
	var wrong *wrongAnswer
	switch {
	case err == nil:
		return runner.Reading{Holds: true, Says: answered.says, Data: answered.data}, nil
	case errors.As(err, &wrong):
		return runner.Reading{Says: wrong.Error(), Data: wrong.data}, nil
	}
	return runner.Reading{}, err
}

// answered is an answer that was as wanted.
type answered struct {
	says string
	data journal.Data
}

// wrongAnswer says that there was an answer, and not the one that was wanted.
type wrongAnswer struct {
	text string
	data journal.Data
}

func (e *wrongAnswer) Error() string { return e.text }

// mostBody is how much of an answer is looked at.
const mostBody = 1 << 20

// send sends a request, its variables filled in. Redirections are not followed:
// headers with secrets in them would go along. Neither headers nor what the URL
// holds besides host and path is in any message.
func send(ctx context.Context, r *runner.Run, h *plans.HTTP, vars runner.Vars) (answered, error) {
	if h.Timeout > 0 {
		bounded, cancel := context.WithTimeoutCause(ctx, time.Duration(h.Timeout), fmt.Errorf("no answer within %s", h.Timeout))
		defer cancel()
		ctx = bounded
	}
	method := h.Method
	if method == "" {
		method = http.MethodGet
	}
	target := vars.Expand(h.URL)
	what := method + " " + plainURL(target)
	request, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(vars.Expand(h.Body)))
	if err != nil {
		return answered{}, fmt.Errorf("%s: the URL can not be used", what)
	}
	for header, variable := range h.HeaderEnv {
		value, set := r.LookupEnv(variable)
		if !set {
			return answered{}, fmt.Errorf("%s: the variable %s for header %s is not set", what, variable, header)
		}
		request.Header.Set(header, value)
	}
	if h.Body != "" && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	// A transport of its own: a connection that was kept open would be to the
	// side of before.
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	begun := r.Now()
	response, err := client.Do(request)
	if err != nil {
		return answered{}, fmt.Errorf("%s: %w", what, bare(because(ctx, err)))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody))
	if err != nil {
		return answered{}, fmt.Errorf("%s: read the answer: %w", what, bare(because(ctx, err)))
	}
	status := h.Status
	if status == 0 {
		status = http.StatusOK
	}
	data := journal.Data{"status": response.StatusCode, "bytes": len(body), "took": r.Now().Sub(begun).Round(time.Millisecond)}
	if response.StatusCode != status {
		return answered{}, &wrongAnswer{fmt.Sprintf("%s answers %d, must be %d", what, response.StatusCode, status), data}
	}
	if h.Contains != "" && !bytes.Contains(body, []byte(h.Contains)) {
		return answered{}, &wrongAnswer{fmt.Sprintf("%s answers %d, but without %q in it", what, response.StatusCode, h.Contains), data}
	}
	return answered{fmt.Sprintf("%s answers %d", what, response.StatusCode), data}, nil
}

// plainURL is a URL without user, password, query and fragment.
func plainURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// bare is an error of the HTTP client without the URL that it repeats.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
