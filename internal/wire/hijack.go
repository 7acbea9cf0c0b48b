package wire

import (
	"fmt"
	"net"
)

// Hijack hands the socket over to a caller that goes on in another part of the
// protocol, such as a binlog dump. The server must have answered everything
// that it was asked. The connection can not be used after, not even closed.
func (c *Conn) Hijack() (net.Conn, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	if n := c.r.Buffered(); n > 0 {
		return nil, fmt.Errorf("take over connection to %s: %d bytes of an answer are unread", c.endpoint, n)
	}
	c.broken = net.ErrClosed
	return c.nc, nil
}
