// Package suggest finds what somebody meant who typed something else.
package suggest

import "strings"

// Nearest returns the option that text was probably meant to be, or "".
func Nearest(text string, options []string) string {
	best, bestDistance := "", len(text)/3+2
	if len(text) <= 3 {
		bestDistance = 2
	}
	for _, option := range options {
		d := Distance(strings.ToLower(text), strings.ToLower(option))
		if d < bestDistance {
			best, bestDistance = option, d
		}
	}
	return best
}

// Distance is the number of edits from a to b: insertions, deletions,
// substitutions and swaps of neighbours (the commonest typing mistake).
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
