package courier

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is the number of shipments; everything else is in proportion.
type Size int

// The named sizes, with their rows and what they take as InnoDB files on 9.7.
const (
	Small  Size = 1_000   // 38 thousand rows, 18 MB
	Medium Size = 20_000  // 0.7 million rows, 0.2 GB
	Large  Size = 200_000 // 6.7 million rows, 1.3 GB (reckoned from 40,000)
)

// SizeHelp explains the sizes to the user of a flag.
const SizeHelp = "small (1,000 shipments), medium (20,000), large (200,000) or a number of shipments"

// maxSize keeps every id of the seed far below those of the load.
const maxSize = 50_000_000

// ParseSize reads small, medium, large or a number of shipments.
func ParseSize(s string) (Size, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "small":
		return Small, nil
	case "medium":
		return Medium, nil
	case "large":
		return Large, nil
	}
	n, err := strconv.Atoi(strings.NewReplacer("_", "", ",", "").Replace(strings.TrimSpace(s)))
	if err != nil || n < 1 || n > maxSize {
		return 0, fmt.Errorf("size %q: want small, medium, large or a number of shipments from 1 to %d", s, maxSize)
	}
	return Size(n), nil
}

// String names the size as ParseSize reads it.
func (s Size) String() string {
	switch s {
	case Small:
		return "small"
	case Medium:
		return "medium"
	case Large:
		return "large"
	}
	return strconv.Itoa(int(s))
}

// counts are the rows of each table that do not follow from another one.
type counts struct {
	depots, customers, drivers, shipments  int
	incidents, vouchers, positions         int
	payoutMonths, accounts, transfers      int
	lockers, codes, reportDays, reportMons int
}

func (s Size) counts() counts {
	n := int(s)
	c := counts{
		depots:       24,
		customers:    max(n/4, 20),
		drivers:      max(n/50, 20),
		shipments:    n,
		incidents:    n / 20,
		vouchers:     max(n/10, 20),
		positions:    25 * n,
		payoutMonths: 6,
		accounts:     max(n/20, 20),
		transfers:    n / 2,
		lockers:      max(n/20, 20),
		reportDays:   180,
		reportMons:   6,
	}
	c.codes = c.lockers / 2
	return c
}
