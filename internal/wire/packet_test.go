package wire

import (
	"bytes"
	"testing"
)

// FuzzSplitRow makes sure that no bytes of a server can make us panic.
func FuzzSplitRow(f *testing.F) {
	f.Add([]byte{1, 'a', 0xfb, 0xfc, 1, 0, 'b'}, 3)
	f.Add([]byte{0xfe, 255, 255, 255, 255, 255, 255, 255, 255}, 1)
	f.Fuzz(func(t *testing.T, p []byte, n int) {
		if n < 1 || n > 100 {
			return
		}
		values := make([][]byte, n)
		if err := splitRow(p, values); err != nil {
			return
		}
		for _, v := range values {
			if len(v) > 0 && !bytes.Contains(p, v) {
				t.Fatalf("%q is not in %q", v, p)
			}
		}
	})
}

func FuzzParseOK(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 0, 0, 0})
	f.Fuzz(func(_ *testing.T, p []byte) {
		if len(p) > 0 {
			_, _ = parseOK(p)
			_ = parseError(p)
		}
	})
}
