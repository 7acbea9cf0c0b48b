package preflight

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// checkFlagsInSync compares the flags of a Cloud SQL instance with what the server
// says: a flag that needs a restart, or one that somebody has taken back by SQL.
func checkFlagsInSync(_ context.Context, _ *state, v *server) ([]Finding, error) {
	i := v.instance()
	if i == nil {
		return none(notCloudSQL)
	}
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(i.Flags)) {
		variable := strings.ReplaceAll(name, "-", "_")
		now, known := v.vars[variable]
		if known && !combined(variable, i.Flags[name]) && !sameValue(now, i.Flags[name]) {
			differ = append(differ, name+" is set to "+i.Flags[name]+" and runs as "+now)
		}
	}
	if len(differ) == 0 {
		return nil, nil
	}
	return one(Warn, "the instance does not run what its flags say", list(differ), gcloud(i, "instances restart", "")+", at a quiet time")
}

// combined tells whether a value of sql_mode stands for several.
func combined(variable, value string) bool {
	return variable == "sql_mode" && (strings.Contains(strings.ToUpper(value), "TRADITIONAL") || strings.Contains(strings.ToUpper(value), "ANSI"))
}

// sameValue compares two spellings of a variable's value.
func sameValue(a, b string) bool {
	plain := func(s string) string {
		switch s = strings.ToLower(strings.TrimSpace(s)); s {
		case "on", "true", "yes":
			return "1"
		case "off", "false", "no":
			return "0"
		default:
			return s
		}
	}
	if plain(a) == plain(b) {
		return true
	}
	// A list, such as sql_mode, has no order.
	split := func(s string) []string { return slices.Sorted(slices.Values(strings.Split(plain(s), ","))) }
	if slices.Equal(split(a), split(b)) {
		return true
	}
	// 1.000000 and 1; sizes that the server rounds up.
	x, errX := strconv.ParseFloat(plain(a), 64)
	y, errY := strconv.ParseFloat(plain(b), 64)
	return errX == nil && errY == nil && math.Abs(x-y) <= rounding*math.Max(math.Abs(x), math.Abs(y))
}

// rounding is what a server may make of a size.
const rounding = 0.1
