package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"tandem/internal/yamlfile"
)

// Bytes is an amount of memory or data, written with a unit: 64MiB, 1GiB,
// 500kB. A bare number counts bytes.
type Bytes int64

// byteUnits is ordered so that String finds the largest unit first.
var byteUnits = [...]struct {
	name string
	size int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

func (b *Bytes) set(text string) error {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit := strings.TrimSpace(text[len(digits):])
	size := int64(1)
	if unit != "" {
		size = 0
		for _, u := range byteUnits {
			if strings.EqualFold(u.name, unit) {
				size = u.size
			}
		}
	}
	n, err := strconv.ParseFloat(digits, 64)
	if strings.ContainsAny(digits, "eExXpP_+-") {
		size = 0 // the forms of Go, which nobody means here
	}
	if err != nil || size == 0 || n < 0 || math.IsNaN(n) || n*float64(size) >= math.MaxInt64 {
		return hinted(fmt.Errorf("%q is not an amount of bytes", text), "write a number and a unit, such as 64MiB or 1GiB")
	}
	*b = Bytes(n * float64(size))
	return nil
}

// String writes the amount with the largest binary unit that divides it.
func (b Bytes) String() string {
	for _, u := range byteUnits {
		if strings.HasSuffix(u.name, "iB") && int64(b) >= u.size && int64(b)%u.size == 0 {
			return strconv.FormatInt(int64(b)/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + "B"
}

// Duration is a length of time, written with a unit: 500ms, 5s, 10m.
type Duration time.Duration

func (d *Duration) set(text string) error {
	parsed, err := yamlfile.ParseDuration(text)
	if err == nil {
		*d = Duration(parsed)
	}
	return err
}

// String writes the duration without zero minutes and seconds.
func (d Duration) String() string { return yamlfile.FormatDuration(time.Duration(d)) }
