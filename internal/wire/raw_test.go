package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"tandem/internal/wire"
)

// TestRawRowsAreWhatQuerySplits reads the same rows in both ways, around the
// sizes of buffers and packets.
func TestRawRowsAreWhatQuerySplits(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	for _, size := range sizes {
		sql := fmt.Appendf(nil, "SELECT 7, REPEAT('ab', %d), NULL UNION ALL SELECT 8, '', 'xyz'", size/2)
		var got [][]byte
		begin := true
		err := c.QueryRaw(t.Context(), sql, func(piece []byte, last bool) error {
			if begin {
				got = append(got, nil)
			}
			got[len(got)-1] = append(got[len(got)-1], piece...)
			begin = last
			return nil
		})
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if len(got) != 2 || !begin {
			t.Fatalf("%d bytes: %d rows, at a row's end: %t", size, len(got), begin)
		}
		want := lengthEncoded(size / 2 * 2)
		if !bytes.HasPrefix(got[0], append([]byte{1, '7'}, want...)) || got[0][len(got[0])-1] != 0xfb ||
			len(got[0]) != 2+len(want)+size/2*2+1 {
			t.Errorf("%d bytes: the first row has %d", size, len(got[0]))
		}
		if string(got[1]) != "\x018\x00\x03xyz" {
			t.Errorf("%d bytes: the second row is %q", size, got[1])
		}
	}
}

func lengthEncoded(n int) []byte {
	switch {
	case n < 251:
		return []byte{byte(n)}
	case n < 1<<16:
		return []byte{0xfc, byte(n), byte(n >> 8)}
	case n < 1<<24:
		return []byte{0xfd, byte(n), byte(n >> 8), byte(n >> 16)}
	}
	return []byte{0xfe, byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), 0, 0, 0, 0}
}

func TestRawErrors(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	none := func([]byte, bool) error { return nil }
	if err := c.QueryRaw(t.Context(), []byte("SELECT * FROM nowhere.nothing"), none); wire.Code(err) != 1142 && wire.Code(err) != 1049 && wire.Code(err) != 1146 {
		t.Errorf("missing table: %v", err)
	}
	// An error behind the first row: the connection stays usable.
	err := c.QueryRaw(t.Context(), []byte("SELECT IF(i=1,1,(SELECT 1 UNION SELECT 2)) FROM (SELECT 1 i UNION ALL SELECT 2) t"), none)
	if wire.Code(err) != 1242 || c.Err() != nil {
		t.Errorf("error behind a row: %v, connection %v", err, c.Err())
	}
	if err := c.QueryRaw(t.Context(), []byte("SELECT 1 FROM DUAL WHERE FALSE"), func([]byte, bool) error { return errors.New("a row") }); err != nil {
		t.Error(err)
	}
	stop := errors.New("enough")
	if err := c.QueryRaw(t.Context(), []byte("SELECT 1 UNION ALL SELECT 2"), func([]byte, bool) error { return stop }); !errors.Is(err, stop) || c.Err() == nil {
		t.Errorf("callback's error: %v, connection %v", err, c.Err())
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	other, _ := dial(t, wire.Session{})
	if err := other.QueryRaw(ctx, []byte("SELECT 1"), none); !errors.Is(err, stop) {
		t.Errorf("cancelled: %v", err)
	}
}
