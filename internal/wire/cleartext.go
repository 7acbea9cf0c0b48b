package wire

import (
	"bytes"
	"errors"
	"net"
)

// errClearText says that a server asked for the password as it is, over a
// connection that others may read.
var errClearText = errors.New("the server asks for the password in clear text (mysql_clear_password), and the connection is not encrypted")

// noClearText is a plain connection while somebody logs in. go-mysql says the
// password as it is to any server that asks for it so, encrypted or not; whoever
// sits in between could ask. The plugin's name must pass here for that.
type noClearText struct {
	net.Conn
	tail []byte
	err  error
}

const clearTextPlugin = "mysql_clear_password"

// Read implements net.Conn.
func (c *noClearText) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.Conn.Read(p)
	c.tail = append(c.tail, p[:n]...)
	if bytes.Contains(c.tail, []byte(clearTextPlugin)) {
		c.err = errClearText
		return 0, c.err
	}
	if keep := len(clearTextPlugin) - 1; len(c.tail) > keep {
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-keep:]...)
	}
	return n, err
}
