package sqltoken

import "strings"

// Unquote returns a name without its back-ticks.
func Unquote(name string) string {
	if len(name) < 2 || name[0] != '`' {
		return name
	}
	return strings.ReplaceAll(name[1:len(name)-1], "``", "`")
}

// Quote returns a string literal that every sql_mode but NO_BACKSLASH_ESCAPES
// reads back as s.
func Quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", "''", "\x00", `\0`).Replace(s) + "'"
}
