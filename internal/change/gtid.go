package change

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// SID is the UUID half of a GTID: the server (or group) that numbered the
// transaction.
type SID [16]byte

// String returns the UUID in its usual lower-case form.
func (s SID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], s[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], s[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], s[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], s[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], s[10:16])
	return string(b[:])
}

// ParseSID reads a UUID, with or without dashes.
func ParseSID(text string) (SID, error) {
	var s SID
	digits := strings.ReplaceAll(strings.TrimSpace(text), "-", "")
	if len(digits) != 32 {
		return s, fmt.Errorf("parse server uuid %q: want 32 hexadecimal digits", text)
	}
	if _, err := hex.Decode(s[:], []byte(digits)); err != nil {
		return s, fmt.Errorf("parse server uuid %q: %w", text, err)
	}
	return s, nil
}

// GTID names one transaction.
type GTID struct {
	SID SID
	// Tag is the tag of MySQL 8.3 and later, in lower case; mostly empty.
	Tag string
	GNO int64
}

// IsZero tells whether g names no transaction.
func (g GTID) IsZero() bool { return g.GNO == 0 }

// String returns uuid:n or uuid:tag:n.
func (g GTID) String() string {
	if g.Tag != "" {
		return g.SID.String() + ":" + g.Tag + ":" + strconv.FormatInt(g.GNO, 10)
	}
	return g.SID.String() + ":" + strconv.FormatInt(g.GNO, 10)
}
