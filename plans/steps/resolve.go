package steps

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// resolution is what a resolver says of a name: the values, and for how long it will
// say so. The net package does not tell the latter.
type resolution struct {
	Values []string
	TTL    time.Duration
}

// resolveTime bounds one question.
const resolveTime = 3 * time.Second

// resolve asks a resolver, over TCP where the answer does not fit a datagram.
func resolve(ctx context.Context, addr, name, kind string) (resolution, error) {
	a, truncated, err := askResolver(ctx, "udp", addr, name, kind)
	if err == nil && truncated {
		a, _, err = askResolver(ctx, "tcp", addr, name, kind)
	}
	if err != nil {
		return a, fmt.Errorf("ask resolver %s for %s %s: %w", addr, kind, name, err)
	}
	return a, nil
}

func askResolver(ctx context.Context, network, addr, name, kind string) (a resolution, truncated bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	var id [2]byte
	_, _ = rand.Read(id[:]) // it never fails
	query, err := question(binary.BigEndian.Uint16(id[:]), name, kind)
	if err != nil {
		return a, false, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return a, false, err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return a, false, err
	}
	reply := make([]byte, 4096)
	if network == "tcp" {
		query = append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)
	}
	if _, err := conn.Write(query); err != nil {
		return a, false, err
	}
	if network == "tcp" {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return a, false, err
		}
		reply = make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, reply); err != nil {
			return a, false, err
		}
	} else {
		n, err := conn.Read(reply)
		if err != nil {
			return a, false, err
		}
		reply = reply[:n]
	}
	return understand(reply, binary.BigEndian.Uint16(id[:]), kind)
}

func typeOf(kind string) dnsmessage.Type {
	switch kind {
	case "A":
		return dnsmessage.TypeA
	case "AAAA":
		return dnsmessage.TypeAAAA
	}
	return dnsmessage.TypeCNAME
}

func question(id uint16, name, kind string) ([]byte, error) {
	n, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: n, Type: typeOf(kind), Class: dnsmessage.ClassINET}},
	}
	return m.Pack()
}

func understand(reply []byte, id uint16, kind string) (a resolution, truncated bool, err error) {
	var m dnsmessage.Message
	if err := m.Unpack(reply); err != nil {
		return a, false, err
	}
	switch {
	case m.ID != id || !m.Response:
		return a, false, errors.New("the answer is to another question")
	case m.Truncated:
		return a, true, nil
	case m.RCode != dnsmessage.RCodeSuccess:
		return a, false, fmt.Errorf("it answers %s", strings.TrimPrefix(m.RCode.String(), "RCode"))
	}
	for _, one := range m.Answers {
		var value string
		switch body := one.Body.(type) {
		case *dnsmessage.AResource:
			value = net.IP(body.A[:]).String()
		case *dnsmessage.AAAAResource:
			value = net.IP(body.AAAA[:]).String()
		case *dnsmessage.CNAMEResource:
			value = body.CNAME.String()
		}
		if value == "" || one.Header.Type != typeOf(kind) {
			continue
		}
		a.Values = append(a.Values, value)
		a.TTL = max(a.TTL, time.Duration(one.Header.TTL)*time.Second)
	}
	return a, false, nil
}
