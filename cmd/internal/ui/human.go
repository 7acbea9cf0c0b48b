package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bytes writes an amount of data with three digits: 12.3 MiB.
func Bytes(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, units := float64(n)/1024, "KMGTPE"
	for value >= 999.5 && len(units) > 1 {
		value, units = value/1024, units[1:]
	}
	return threeDigits(value) + " " + units[:1] + "iB"
}

// Count writes a number with thousands apart: 1,234,567.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Short writes a number with three digits: 52.1k, 1.20M.
func Short(n float64) string {
	if n < 999.5 {
		if n == math.Trunc(n) {
			return strconv.FormatFloat(n, 'f', 0, 64)
		}
		return threeDigits(n)
	}
	value, units := n/1000, "kMGT"
	for value >= 999.5 && len(units) > 1 {
		value, units = value/1000, units[1:]
	}
	return threeDigits(value) + units[:1]
}

// Rate writes how much of a thing happens in a second: 52.1k rows/s.
func Rate(perSecond float64, unit string) string {
	return Short(perSecond) + " " + unit + "/s"
}

// ByteRate writes an amount of data per second: 12.3 MiB/s.
func ByteRate(perSecond float64) string { return Bytes(int64(perSecond)) + "/s" }

// Duration writes a length of time with two units at most: 1m05s, 3.1s, 12ms.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Duration(-d)
	case d == 0:
		return "0s"
	case d < time.Millisecond:
		return "<1ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < 9950*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	}
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
	}
}

// Seconds is Duration for a number of seconds.
func Seconds(s float64) string { return Duration(time.Duration(s * float64(time.Second))) }

// ETA writes how long something will take at its present rate, or "" where
// nobody can know.
func ETA(left int64, perSecond float64) string {
	if left <= 0 || perSecond <= 0 {
		return ""
	}
	seconds := float64(left) / perSecond
	if seconds > 366*86400 {
		return "> 1 year"
	}
	return Seconds(math.Ceil(seconds))
}

// Percent writes a part of a whole. It says 100% only when all is done.
func Percent(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	p := part * 100 / whole
	if part < whole && p >= 100 {
		p = 99
	}
	return strconv.FormatInt(min(p, 100), 10) + "%"
}

func threeDigits(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
}
