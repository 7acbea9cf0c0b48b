package ui

import (
	"testing"
	"time"
)

func TestHumanForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{Bytes(0), "0 B"},
		{Bytes(1023), "1023 B"},
		{Bytes(1024), "1.00 KiB"},
		{Bytes(10 << 20), "10.0 MiB"},
		{Bytes(1023 << 20), "1.00 GiB"},
		{Bytes(345 << 30), "345 GiB"},
		{Bytes(1 << 62), "4.00 EiB"},
		{Count(0), "0"},
		{Count(999), "999"},
		{Count(1000), "1,000"},
		{Count(-1234567), "-1,234,567"},
		{Short(0), "0"},
		{Short(999), "999"},
		{Short(0.5), "0.50"},
		{Short(999.6), "1.00k"},
		{Short(52100), "52.1k"},
		{Short(1.2e6), "1.20M"},
		{Short(9.5e12), "9.50T"},
		{Rate(1500, "rows"), "1.50k rows/s"},
		{ByteRate(2048), "2.00 KiB/s"},
		{Duration(0), "0s"},
		{Duration(time.Microsecond), "<1ms"},
		{Duration(12 * time.Millisecond), "12ms"},
		{Duration(3100 * time.Millisecond), "3.1s"},
		{Duration(9940 * time.Millisecond), "9.9s"},
		{Duration(9960 * time.Millisecond), "10s"},
		{Duration(65 * time.Second), "1m05s"},
		{Duration(59*time.Minute + 59600*time.Millisecond), "1h00m"},
		{Duration(25 * time.Hour), "1d01h"},
		{Duration(-2 * time.Second), "-2.0s"},
		{ETA(0, 5), ""},
		{ETA(10, 0), ""},
		{ETA(100, 10), "10s"},
		{ETA(1<<40, 1), "> 1 year"},
		{Percent(0, 0), ""},
		{Percent(1, 3), "33%"},
		{Percent(999, 1000), "99%"},
		{Percent(1000, 1000), "100%"},
		{Percent(5, 4), "100%"},
		{Shorten("courier.positions", 8), "courier…"},
		{Shorten("宅配便", 4), "宅…"},
		{Shorten("short", 0), "short"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
