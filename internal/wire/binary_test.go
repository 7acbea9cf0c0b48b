package wire_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/wire"
)

// TestBinaryRows reads a value of each kind, around the sizes of buffers and
// packets.
func TestBinaryRows(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	for _, size := range sizes {
		sql := fmt.Appendf(nil, "SELECT 7, NULL, -0e0, REPEAT('ab', %d), CAST('2024-02-03 04:05:06.000007' AS DATETIME(6)), CAST('-100:00:00' AS TIME), 1.50, x'00'"+
			" UNION ALL SELECT NULL, 8, NULL, '', NULL, NULL, NULL, NULL", size/2)
		var got [][]byte
		var types []byte
		begin := true
		err := c.QueryBinary(t.Context(), sql, func(ty []byte) error { types = ty; return nil }, func(piece []byte, last bool) error {
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
		if len(got) != 2 || !begin || len(types) != 8 {
			t.Fatalf("%d bytes: %d rows of %d columns, at a row's end: %t", size, len(got), len(types), begin)
		}
		values := make([][]byte, 8)
		if !wire.BinaryValues(got[0], types, values) {
			t.Fatalf("%d bytes: the first row is cut short", size)
		}
		if len(values[0]) != 8 || binary.LittleEndian.Uint64(values[0]) != 7 || values[1] != nil || len(values[3]) != size/2*2 ||
			binary.LittleEndian.Uint64(values[2]) != math.Float64bits(math.Copysign(0, -1)) || string(values[6]) != "1.50" || string(values[7]) != "\x00" {
			t.Errorf("%d bytes: %q", size, values[:3])
		}
		if d := cmp.Diff([]byte{0xe8, 7, 2, 3, 4, 5, 6, 7, 0, 0, 0}, values[4]); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]byte{1, 4, 0, 0, 0, 4, 0, 0}, values[5]); d != "" {
			t.Error(d)
		}
		if wire.BinaryValues(got[0][:len(got[0])-1], types, values) {
			t.Errorf("%d bytes: a row without its last byte is taken for a whole one", size)
		}
		if !wire.BinaryValues(got[1], types, values) || values[0] != nil || len(values[1]) != 8 || values[3] == nil || values[7] != nil {
			t.Errorf("%d bytes: %q", size, values)
		}
	}
}

func TestBinaryErrors(t *testing.T) {
	c, _ := dial(t, wire.Session{})
	types := func([]byte) error { return nil }
	none := func([]byte, bool) error { return nil }
	for range 3 {
		if err := c.QueryBinary(t.Context(), []byte("SELECT 1 FROM nowhere.nothing"), types, none); wire.Code(err) == 0 || c.Err() != nil {
			t.Errorf("missing table: %v, connection %v", err, c.Err())
		}
		err := c.QueryBinary(t.Context(), []byte("SELECT IF(i=1,1,(SELECT 1 UNION SELECT 2)) FROM (SELECT 1 i UNION ALL SELECT 2) t"), types, none)
		if wire.Code(err) != 1242 || c.Err() != nil {
			t.Errorf("error behind a row: %v, connection %v", err, c.Err())
		}
	}
	// Statements are given back.
	row, err := c.One(t.Context(), []byte("SHOW SESSION STATUS LIKE 'Com_stmt_close'"))
	if err != nil || string(row[1]) != "3" {
		t.Errorf("closed %q, %v", row, err)
	}
	stop := errors.New("enough")
	if err := c.QueryBinary(t.Context(), []byte("SELECT 1"), types, func([]byte, bool) error { return stop }); !errors.Is(err, stop) || c.Err() == nil {
		t.Errorf("callback's error: %v, connection %v", err, c.Err())
	}
}
