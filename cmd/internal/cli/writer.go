package cli

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"tandem/internal/config"
)

// writer finds the writer of an Aurora cluster. It is asked at every dial; the
// name that it answers with is resolved by whoever dials, every time anew.
type writer struct {
	clouds *clouds
	aurora config.Aurora

	mu   sync.Mutex
	at   time.Time // when it was looked up last, whatever came of it
	addr string
	err  error
	last string // what the cloud has told last
}

const (
	// sharedFor is how long one answer serves: the connections that a pool or the
	// lanes of a link open at once are one question.
	sharedFor = time.Second
	// lookUpTimeout bounds the question, since there is mostly something to fall
	// back to.
	lookUpTimeout = 5 * time.Second
)

// locate returns host:port of the writer. Where the cloud does not answer it is
// the endpoint of the file or, without one, where the writer was last: a cluster
// keeps its endpoint for as long as it lives.
func (w *writer) locate(ctx context.Context) (string, error) {
	if w.aurora.Cluster == "" {
		return hostPort(w.aurora.Endpoint, 0), nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// A cloud that does not answer is not asked once more by each who waits here.
	if time.Since(w.at) < sharedFor {
		return w.addr, w.err
	}
	addr, err := w.lookUp(ctx)
	if ctx.Err() != nil {
		return "", context.Cause(ctx) // of this caller's only
	}
	switch {
	case err == nil:
		w.last = addr
	case w.aurora.Endpoint != "":
		addr, err = hostPort(w.aurora.Endpoint, 0), nil
	case w.last != "":
		addr, err = w.last, nil
	}
	w.at, w.addr, w.err = time.Now(), addr, err
	return addr, err
}

func (w *writer) lookUp(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUpTimeout)
	defer cancel()
	client, err := w.clouds.aws(ctx)
	if err != nil {
		return "", err
	}
	cluster, err := client.Cluster(ctx, w.aurora.Region, w.aurora.Cluster)
	if err != nil {
		return "", err
	}
	if cluster.Writer == "" {
		return "", fmt.Errorf("cluster %s has no writer endpoint; its status is %s", cluster.ID, cluster.Status)
	}
	return hostPort(cluster.Writer, cluster.Port), nil
}

// token makes the password of this moment, which is good at this address only.
func (w *writer) token(ctx context.Context, user string) (string, error) {
	addr, err := w.locate(ctx)
	if err != nil {
		return "", err
	}
	client, err := w.clouds.aws(ctx)
	if err != nil {
		return "", err
	}
	return client.Token(ctx, w.aurora.Region, addr, user)
}

func hostPort(host string, port int) string {
	if port == 0 {
		port = config.DefaultPort
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}
