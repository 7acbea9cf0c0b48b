package copier

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"tandem/internal/schema"
)

// FLOAT(M,D) and DOUBLE(M,D) have a largest value: M digits, D of them behind
// the point. It is compared before it is rounded to binary: what the column
// holds for 99999999.99 is 100000000, which it would take with a warning only.

// digits returns M and D of such a column.
func digits(c *schema.Column) (m, d int, ok bool) {
	_, rest, ok := strings.Cut(c.Type, "(")
	if !ok {
		return 0, 0, false
	}
	_, err := fmt.Sscanf(rest, "%d,%d)", &m, &d)
	return m, d, err == nil && m >= d
}

// clip returns the text to write for a value of such a column: its largest value
// for one that lies above it.
func clip(c *schema.Column, v []byte) []byte {
	f, err := strconv.ParseFloat(string(v), 64)
	if v == nil || err != nil {
		return v
	}
	m, d, _ := digits(c)
	if math.Abs(f) < math.Pow10(m-d) {
		return v
	}
	largest := strings.Repeat("9", m-d) + "." + strings.Repeat("9", d)
	if f < 0 {
		largest = "-" + largest
	}
	return []byte(largest)
}
