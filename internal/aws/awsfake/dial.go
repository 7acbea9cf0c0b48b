package awsfake

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Dial connects to the local server behind an endpoint, as the names of a real
// cluster lead to its members: the writer's follows a failover.
func (s *Server) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	target, err := s.Resolve(addr)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, network, target)
}

// Resolve tells which local server an endpoint's host:port leads to now.
func (s *Server) Resolve(addr string) (string, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("dial %s: %w", addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return "", fmt.Errorf("dial %s: %w", addr, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.state.Clusters {
		if m := c.behind(host, port); m != nil {
			if m.Addr == "" || m.Status == "rebooting" || m.Status == "creating" {
				return "", fmt.Errorf("dial %s: connection refused: %s is %s", addr, m.ID, m.Status)
			}
			return m.Addr, nil
		}
	}
	return "", fmt.Errorf("dial %s: no such host", addr)
}

func (c *Cluster) behind(host string, port int) *Member {
	if port == c.Port && strings.EqualFold(host, c.Endpoint) {
		return c.Writer()
	}
	if port == c.Port && strings.EqualFold(host, c.ReaderEndpoint) {
		for _, m := range c.Members {
			if !m.Writer {
				return m
			}
		}
		return c.Writer()
	}
	for _, name := range c.CustomEndpoints {
		if port == c.Port && strings.EqualFold(host, name) && len(c.Members) > 0 {
			return c.Members[0]
		}
	}
	for _, m := range c.Members {
		if port == m.Port && strings.EqualFold(host, m.Host) {
			return m
		}
	}
	return nil
}
